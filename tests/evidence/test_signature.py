"""Equal failures have equal signatures, whatever changes from run to run."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence import signature
from improve.records.evidence import Failure

SAME = {
    "addresses": ("<Cart object at 0x7faa753eab50>", "<Cart object at 0x10e>"),
    "numbers": ("took 1.25 s, wanted 3", "took 12 s, wanted -3e4"),
    "times": ("at 2026-01-02T03:04:05.123Z", "at 2025-11-30T23:00:00Z"),
    "dates": ("since 2026-01-02 03:04:05,123", "since 2025-01-01 00:00:00,999"),
    "clock": ("stopped 03:04:05", "stopped 23:59"),
    "paths": ("no '/tmp/pytest-of-root/pytest-0/a.txt'", "no '/home/runner/work/b.txt'"),
    "windows paths": (r"no C:\Users\me\a.txt", r"no D:\a\shop\b.txt"),
    "relative paths": ("cannot open shop/data/one.json", "cannot open other/two.json"),
    "uuids": (
        "id 8f14e45f-ceea-467a-9538-1936c6ad9f00",
        "id 00000000-0000-4000-8000-123456789abc",
    ),
    "hashes": ("commit 8f14e45fceea167a5a36", "commit 0a1b2c3d4e5f60718293"),
    "blanks": ("a  b\tc", "a b c"),
    "numbered names": ("no column 'item_12'", "no column 'item_7'"),
}


def failure(message: str, error_type: str | None = "ValueError") -> Failure:
    return Failure(error_type=error_type, message=message)


@pytest.mark.parametrize("what", sorted(SAME))
def test_what_changes_from_run_to_run_does_not_count(what: str) -> None:
    one, other = SAME[what]
    assert signature(failure(one)) == signature(failure(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no column 'price'", "no column 'count'"),
        ("cannot read", "cannot write"),
        ("assert x == y", "assert x != y"),
        ("'a' in b", "'a' not in b"),
    ],
)
def test_words_count(one: str, other: str) -> None:
    assert signature(failure(one)) != signature(failure(other))


def test_the_type_counts_without_its_module() -> None:
    assert signature(failure("x", "shop.errors.Gone")) == signature(failure("x", "Gone"))
    assert signature(failure("x", "a.<locals>.Gone")) == signature(failure("x", "Gone"))
    assert signature(failure("x", "KeyError")) != signature(failure("x", "ValueError"))
    assert signature(failure("x", "IOError")) == signature(failure("x", "OSError"))


def test_it_can_be_read() -> None:
    assert signature(failure("cannot read 'seven'")).startswith("ValueError: cannot read 'seven' #")
    assert signature(failure("", None)).startswith("failure #")
    crash = Failure(kind="crash", message="Fatal Python error: Aborted")
    assert signature(crash).startswith("crash: Fatal Python error: Aborted #")


def test_long_messages_are_shortened_and_still_told_apart() -> None:
    one, other = failure("word " * 150 + "one"), failure("word " * 150 + "two")
    assert len(signature(one)) < 120
    assert signature(one) != signature(other)


@given(st.text(max_size=500), st.none() | st.text(max_size=30))
def test_any_text_has_a_one_line_signature(message: str, name: str | None) -> None:
    told = signature(failure(message, name))
    assert told == signature(failure(message, name))
    assert re.search(r" #[0-9a-f]{12}$", told)
    assert len(told) <= 120
