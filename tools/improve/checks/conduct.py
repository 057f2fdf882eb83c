"""Check 10 on whole files: what a change does, as they were at the base and as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from improve.checks.frozen import FOLDER
from improve.guard import inspect_change
from improve.records import FrozenFile, Verdict
from improve.workbench import answers, beneath
from improve.workbench.bench import Tree

LARGEST = 1 << 20  # bytes of a file that the rules look at


Texts = tuple[dict[str, str], dict[str, str]]  # path -> text, before and after


def conduct(
    changed: Texts, frozen: Sequence[FrozenFile], run: Path, error: str | None, named: str = ""
) -> Verdict:
    """The verdict on what ``changed`` (see ``texts``); ``error``: of the failure.

    ``named`` is what the tests of a command say, where nothing is frozen.
    """
    before, after = changed
    test = f"{frozen_text(frozen, run)}\n{named}"
    return inspect_change(before, after, test, error, linted=not frozen)


def texts(tree: Tree, base_commit: str, frozen: Sequence[FrozenFile]) -> Texts:
    """(path -> text at the base, path -> text now) of the changed product files; a deleted one has none now.

    Raises: Unable when git does not tell what was there before.
    """
    paths = {file.path for file in frozen}
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    for path in tree.changed():
        place = tree.path / path
        if path in paths or place.is_symlink():
            continue
        content = beneath.read(tree.path, path)
        if content is not None:
            after[path] = content[:LARGEST].decode("utf-8", "replace")
        # A file that git did not tell would make all that it held the fix's doing.
        name = f"{base_commit}:{path}\n".encode("utf-8", "surrogateescape")
        there = answers.content(tree.git.run("cat-file", "--batch", stdin=name))
        if there is not None:
            before[path] = there[:LARGEST].decode("utf-8", "replace")
    return before, after


def frozen_text(frozen: Sequence[FrozenFile], run: Path) -> str:
    """What the reproduction says."""
    paths = sorted(file.path for file in frozen)
    return "\n".join((run / FOLDER / path).read_text("utf-8", "replace") for path in paths)
