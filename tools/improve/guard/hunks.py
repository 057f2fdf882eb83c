"""The hunks of a diff, each taken back by itself. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchSet


class Back(NamedTuple):
    """One hunk taken back: where it stands in the changed file, and that file without it."""

    place: str  # 'shop.py:7'
    path: str
    text: str


def hunks_of(diff: bytes) -> list[tuple[str, bool]]:
    """(place, whether it changes a file that was there and stays) of every hunk."""
    try:
        patch = PatchSet(diff.decode("utf-8", "replace"))
    except UnidiffParseError:
        return []
    return [
        (_place(file.path, hunk), not (file.is_added_file or file.is_removed_file))
        for file in patch
        for hunk in file
    ]


def each_taken_back(diff: bytes, after: Mapping[str, str]) -> list[Back]:
    """For every hunk in a file of ``after`` (path -> text with the whole diff) the text without it.

    Hunks that do not fit the text (it was decoded with losses, or has no last line end) are left out.
    """
    patch = PatchSet(diff.decode("utf-8", "replace"))
    found = []
    for file in patch:
        lines = list(io.StringIO(after.get(file.path, ""), newline="\n"))  # as the diff counts them
        for hunk in file if file.path in after else ():
            first = hunk.target_start - (1 if hunk.target_length else 0)
            last = first + hunk.target_length
            if lines[first:last] != [line.value for line in hunk.target_lines()]:
                continue
            old = [line.value for line in hunk.source_lines()]
            text = "".join([*lines[:first], *old, *lines[last:]])
            found.append(Back(_place(file.path, hunk), file.path, text))
    return found


def _place(path: str, hunk: Hunk) -> str:
    changed = [line.target_line_no for line in hunk if line.is_added and line.target_line_no]
    return f"{path}:{changed[0] if changed else hunk.target_start}"
