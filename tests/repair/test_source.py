"""Edits change the named bytes and no others, whatever the file's encoding and line breaks."""

from __future__ import annotations

import ast
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.repair.source import Edit, apply, encode, parse, statement_lines


@pytest.mark.parametrize(
    "raw",
    [
        b"x = 1\r\ny = 2\r\n",
        b"x = 1\ry = 2\r",
        codecs.BOM_UTF8 + "x = 'é'\n".encode(),
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        b"x = 1\x0c\ny = 2",
    ],
)
def test_a_file_is_given_back_byte_for_byte(raw: bytes) -> None:
    source = parse("a.py", raw)
    assert source is not None
    assert encode(source, source.text) == raw


def test_an_edit_behind_wide_characters_hits_its_node() -> None:
    source = parse("a.py", "x = 'é€𐍈'; y = 1\n".encode())
    assert source is not None
    node = source.tree.body[1]
    assert isinstance(node, ast.Assign)
    assert apply(source, [Edit(*source.span(node.value), "2")]) == "x = 'é€𐍈'; y = 2\n"


def test_overlapping_edits_are_refused() -> None:
    source = parse("a.py", b"abc = 1\n")
    assert source is not None
    assert apply(source, [Edit(0, 3, "x"), Edit(2, 4, "y")]) is None


@pytest.mark.parametrize(
    "raw", [b"def f(:\n", b"\xff\xfe\x00", b"x = '\x00'\n", b"# coding: nope\n"]
)
def test_what_is_not_python_is_none(raw: bytes) -> None:
    assert parse("a.py", raw) is None


def test_a_statement_that_shares_its_line_has_no_lines_of_its_own() -> None:
    source = parse("a.py", b"a = 1; b = 2\nc = 3  # why\n")
    assert source is not None
    first, second, third = source.tree.body
    assert statement_lines(source, first) is None
    assert statement_lines(source, second) is None
    assert statement_lines(source, third) == (13, 26)


@given(st.binary(max_size=200))
def test_wild_bytes_never_raise(raw: bytes) -> None:
    source = parse("a.py", raw)
    if source is not None:
        assert apply(source, []) == source.text
