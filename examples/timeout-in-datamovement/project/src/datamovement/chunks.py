"""Chunks: the unit in which data moves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Chunk:
    """Part ``index`` (from 0) of a transfer."""

    index: int
    values: tuple


def split(values, size):
    """Cut ``values`` into chunks of ``size``; the last one may be shorter.

    >>> [c.values for c in split([1, 2, 3], 2)]
    [(1, 2), (3,)]
    """
    if size < 1:
        raise ValueError(f"chunk size must be 1 or more, got {size}")
    values = tuple(values)
    starts = range(0, len(values), size)
    return [Chunk(index, values[start : start + size]) for index, start in enumerate(starts)]


def join(chunks):
    """Put chunks together again, in the order of their index."""
    ordered = sorted(chunks, key=lambda chunk: chunk.index)
    expected = list(range(len(ordered)))
    if [chunk.index for chunk in ordered] != expected:
        raise ValueError(f"chunks are missing or doubled: {[c.index for c in ordered]}")
    return [value for chunk in ordered for value in chunk.values]
