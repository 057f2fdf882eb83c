"""Error lines, excerpts and paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence.pieces import Excerpt, fit, in_repository, innermost, split_error

ERRORS = {
    "ValueError: no": ("ValueError", "no"),
    "ValueError": ("ValueError", ""),
    "ValueError:": ("ValueError", ""),
    "a.b.Gone: x: y": ("a.b.Gone", "x: y"),
    "t.<locals>.Inner: x": ("t.<locals>.Inner", "x"),
    "assert 1 == 2": ("AssertionError", "assert 1 == 2"),
    "just some words": (None, "just some words"),
    "note: some words": (None, "note: some words"),
    "https://x.example: no": (None, "https://x.example: no"),
}


@pytest.mark.parametrize("line", sorted(ERRORS))
def test_an_error_line_is_split_into_type_and_message(line: str) -> None:
    assert split_error(line) == ERRORS[line]


def test_a_type_known_from_elsewhere_is_believed() -> None:
    assert split_error("gone: x", "gone") == ("gone", "x")
    assert split_error("some words", "Gone") == ("Gone", "some words")


def test_an_excerpt_keeps_its_ends_and_the_error() -> None:
    excerpt = Excerpt()
    for number in range(10_000):
        excerpt.add(f"line {number}")
    text = excerpt.text("E   the error")
    assert text.startswith("line 0\n")
    assert text.endswith("line 9999")
    assert "\nE   the error\n" in text
    assert "lines left out" in text


def test_nothing_is_cut_in_the_middle_of_a_word() -> None:
    # Half of a token would no longer be known as a secret.
    assert fit("one two three", 10) == "one two"
    assert fit("one\ntwothree", 10) == "one"
    assert fit("short", 10) == "short"
    assert fit("x" * 20, 10) == "x" * 10


@given(st.text(max_size=300), st.integers(4, 200))
def test_a_fitted_text_fits(text: str, limit: int) -> None:
    assert len(fit(text, limit).encode("utf-8", "replace")) <= limit


def test_paths_become_relative_to_the_repository() -> None:
    assert in_repository("/home/runner/work/shop/shop/a/b.py") == "a/b.py"
    assert in_repository(r"D:\a\shop\shop\a\b.py") == "a/b.py"
    assert in_repository("/__w/shop/shop/b.py") == "b.py"
    assert in_repository("/src/shop/b.py", "/src/shop") == "b.py"
    assert in_repository("./b.py") == "b.py"
    assert in_repository("/elsewhere/b.py", "/src/shop") == "/elsewhere/b.py"


def test_the_innermost_frame_is_our_own_where_there_is_one() -> None:
    library = "/opt/x/lib/python3.11/site-packages/a.py"
    assert innermost([("our.py", 3, "f"), (library, 9, "g")]) == ("our.py", 3)
    assert innermost([(library, 9, "g")]) == (library, 9)
    assert innermost([]) is None
