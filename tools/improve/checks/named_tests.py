"""The test files that a command's output names: what its expectations are, where no test is frozen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from improve.guard import role_of
from improve.workbench import beneath

# A path, and after a colon the line: how runners of every language write a place.
PLACE = re.compile(r"([\w./@+-]{1,200}\.\w{1,6})(?::(\d{1,6}))?")
LINE_CAP = 4096
MOST = 20
LARGEST = 1 << 18


class Named(NamedTuple):
    """A test of the tree, its text, and the lines (from 1) that were named."""

    path: str
    text: str
    lines: tuple[int, ...]


def named_tests(tree: Path, texts: Iterable[str]) -> list[Named]:
    """The tests of ``tree`` among the paths that ``texts`` name; those may lie in another checkout."""
    lines: dict[str, set[int]] = {}
    known: dict[str, str | None] = {}
    for text in texts:
        for line in text.splitlines():
            for named, number in PLACE.findall(line[:LINE_CAP]):
                if named not in known:
                    known[named] = _inside(tree, named)
                if path := known[named]:
                    lines.setdefault(path, set()).update([int(number)] if number else [])
    return [
        Named(
            path, (beneath.read(tree, path) or b"").decode("utf-8", "replace"), tuple(sorted(where))
        )
        for path, where in list(lines.items())[:MOST]
    ]


def _inside(tree: Path, named: str) -> str | None:
    """The path of a test in ``tree`` with which ``named`` ends; the longest there is."""
    parts = PurePosixPath(named).parts
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        if ".." in parts[start:] or parts[start] == "/" or role_of(path) != "a test":
            continue
        place = tree / path
        if place.is_file() and not place.is_symlink() and place.stat().st_size <= LARGEST:
            return path
    return None
