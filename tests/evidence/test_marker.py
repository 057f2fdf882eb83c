"""The line by which a pull request is known to be about a failure."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence.marker import MOST, Marker, digests, name_for, read_marker, write_marker
from improve.evidence.signature import signature
from improve.records import Failure


def failure(node: str, message: str = "boom", error: str = "ValueError") -> Failure:
    made = Failure(node_id=node, error_type=error, message=message)
    return made.model_copy(update={"signature": signature(made)})


A, B = failure("tests/t.py::test_a"), failure("tests/t.py::test_b")


def test_the_same_failure_of_another_run_has_the_same_digest() -> None:
    first = failure("tests/t.py::test_a[0x7f01]", "at 0x7f01 after 3 s in /tmp/x")
    later = failure("tests/t.py::test_a[0x9e44]", "at 0x9e44 after 8 s in /tmp/y")
    assert digests([first]) == digests([later]) != digests([A])
    assert digests([A]) != digests([failure("tests/t.py::test_a", error="KeyError")])
    assert digests([A, B]) == digests([B, A, A]) and len(digests([A, B])) == 2
    assert digests([Failure(node_id="x")]) == frozenset(), "a failure without a signature"


def test_many_failures_are_one_digest_of_them_all() -> None:
    many = [failure(f"t.py::test_{number}") for number in range(MOST + 1)]
    assert len(digests(many)) == 1 and digests(many) != digests(many[:-1])
    assert read_marker(write_marker(Marker(digests(many)))) == Marker(digests(many))


@pytest.mark.parametrize("run", [None, 7, 10**19])
def test_what_is_written_is_read(run: int | None) -> None:
    marker = Marker(digests([A, B]), run)
    line = write_marker(marker)
    assert read_marker(f"{line}\n\n## What failed\n") == marker
    assert read_marker(f"{line}\r\n\r\n## What failed\n") == marker, "as a browser sends it"
    assert write_marker(Marker(frozenset(), run)) == ""


def test_only_the_first_line_counts() -> None:
    line = write_marker(Marker(digests([A])))
    for body in (f"\n{line}", f"```\n{line}\n```", f"> {line}", f"{line} x", f" {line}", ""):
        assert read_marker(body) is None, body


@given(st.text(max_size=200))
def test_no_text_stalls_or_breaks_the_reader(text: str) -> None:
    read_marker(text)
    read_marker("[codebase-improvements]: # (failures" + " 0123456789abcdef" * 500 + text)


@pytest.mark.parametrize(
    ("node", "begins"),
    [
        ("tests/t.py::TestX::test_Total[a b]", "test-total-"),
        ("tests/t.py", "t-py-"),
        ("x::" + "é" * 90, "failure-"),
        ("x::test_" + "a" * 90, "test-aaa"),
    ],
)
def test_the_name_follows_from_the_failures(node: str, begins: str) -> None:
    name = name_for([failure(node)])
    assert name.startswith(begins) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name)
    assert name == name_for([failure(node)]) != name_for([failure(node), B])
    assert name_for([A, B]) == name_for([B, A])


def test_without_a_signature_there_is_no_name() -> None:
    assert name_for([]) == "" == name_for([Failure(node_id="x")])
