"""Lines out of streams: same lines as ever, but never more than the cap of each."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.evidence import capped_lines, distil


class Drip(io.RawIOBase):
    """A stream that gives at most ``step`` bytes a read."""

    def __init__(self, data: bytes, step: int) -> None:
        self._inner, self._step = io.BytesIO(data), step

    def read(self, size: int = -1) -> bytes:
        return self._inner.read(min(self._step, size) if size > 0 else self._step)


def lines(data: bytes, cap: int = 8, step: int = 3) -> list[bytes]:
    return list(capped_lines(Drip(data, step), cap))  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.integers(1, 300))
def test_the_lines_are_those_of_split(data: bytes, step: int) -> None:
    data = data.replace(b"\xff\xfe", b"").replace(b"\xfe\xff", b"")
    expected = [line[:8] for line in data.split(b"\n")]
    if not data.endswith(b"\n") and data:
        assert lines(data, step=step) == expected
    else:
        assert lines(data, step=step) == expected[:-1]


def test_a_long_line_inside_one_block_is_cut_as_well() -> None:
    assert lines(b"a\n" + b"b" * 20 + b"\nc\n", step=99) == [b"a", b"b" * 8, b"c"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_its_mark_is_turned_into_utf_8(codec: str) -> None:
    data = "\ufeffnaïve ☃\r\nsecond\n".encode(codec)
    assert [line.decode() for line in lines(data, cap=99)] == ["naïve ☃\r", "second"]


def test_a_utf_16_log_given_as_lines_is_read_as_well() -> None:
    text = "FAILED tests/test_a.py::test_b - ValueError: no\n"
    found = distil(io.BytesIO(("\ufeff" + text).encode("utf-16-le"))).failures
    assert [(f.node_id, f.error_type) for f in found] == [("tests/test_a.py::test_b", "ValueError")]


class Endless(io.RawIOBase):
    """One line of ``size`` bytes, made as it is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        take = min(size, self._left)
        self._left -= take
        return b"a" * take


def test_one_line_of_100_megabytes_takes_a_block_of_memory() -> None:
    tracemalloc.start()
    try:
        result = distil(capped_lines(Endless(100_000_000)))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000, f"{peak:,} bytes"
    assert result.lines == 1
    assert result.notes == ("1 lines were longer than 4096 bytes and were cut there",)
