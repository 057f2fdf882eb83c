"""Check 10 on whole files: what a change does, as they were at the base and as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from improve.checks.frozen import FOLDER
from improve.guard import inspect_change
from improve.records import FrozenFile, Verdict
from improve.workbench.bench import Tree

LARGEST = 1 << 20  # bytes of a file that the rules look at


def conduct(
    tree: Tree,
    base_commit: str,
    frozen: Sequence[FrozenFile],
    run: Path,
    error: str | None,
    named: str = "",
) -> Verdict:
    """The verdict on ``tree``, which is ``base_commit`` with a change; ``error``: of the failure.

    ``named`` is what the tests of a command say, where nothing is frozen.
    """
    paths = {file.path for file in frozen}
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for path in tree.changed():
        place = tree.path / path
        if path in paths or place.is_symlink() or not place.is_file():
            continue
        after[path] = place.read_bytes()[:LARGEST].decode("utf-8", "replace")
        there = tree.git.run("show", f"{base_commit}:{path}", keep=LARGEST)
        if there.ok:
            before[path] = there.text
    test = "\n".join((run / FOLDER / path).read_text("utf-8", "replace") for path in sorted(paths))
    return inspect_change(before, after, f"{test}\n{named}", error)
