"""Which tests of this tree the log speaks of. Pure: failures and file names in, node ids out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from improve.records import Failure


class Located(NamedTuple):
    """A failure of the log and the node id that it has in this tree."""

    failure: Failure
    node_id: str


def locate(failures: Sequence[Failure], files: Collection[str]) -> list[Located]:
    """Failures that name a test of the tree, most telling first, each node id once.

    ``files`` are the tree's paths. CI may have run in a folder below the top or above it, so a
    path that is not there as it stands is looked up by its end, when that end is unique.
    """
    found: dict[str, Located] = {}
    for failure in failures:
        node = _node_id(failure, files)
        if node and node not in found:
            found[node] = Located(failure, node)
    return sorted(found.values(), key=_rank)


def _rank(located: Located) -> tuple[bool, bool, bool]:
    failure = located.failure
    return (failure.kind in ("teardown", "crash"), failure.error_type is None, not failure.message)


def _node_id(failure: Failure, files: Collection[str]) -> str | None:
    if failure.node_id:
        path, sep, rest = failure.node_id.partition("::")
        there = _path_in(path.replace("\\", "/"), files)
        return f"{there}{sep}{rest}" if there else None
    for frame in reversed(failure.frames):  # a plain traceback: the innermost test function
        there = _path_in(frame.file, files)
        if (
            there
            and frame.function.startswith("test")
            and PurePosixPath(there).name.startswith("test")
        ):
            return f"{there}::{frame.function}"
    return None


def _path_in(path: str, files: Collection[str]) -> str | None:
    parts = [part for part in PurePosixPath(path).parts if part not in ("/", ".", "..")]
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        if tail in files:
            return tail
        ends = [file for file in files if file.endswith(f"/{tail}")]
        if len(ends) == 1 and len(parts) - start > 1:
            return ends[0]
    return None
