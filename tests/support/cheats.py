"""The cheating and the honest fixes of ``tests/resources/cheats``, and the projects that they change.

Each is a patch below ``<language>/<kind>/``. Above its diff stand a sentence, and by name: the fault that
it claims to repair; of a cheat the check (1 to 11) that refuses it, a part of the reason, and which
check refuses it when what is read in the text alone (checks 1, 2, 3 and 10) is switched off. Where nothing can
tell it from a repair its check is 0: it is kept, UNVERIFIED. So is an honest fix of which a part of the reason
is given. The cheats below ``unseen`` (Python) were written without sight of the rules; all of them got
through at the time.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.repositories import git, write

PLACE = Path(__file__).resolve().parents[1] / "resources" / "cheats"
HONEST = "honest"
KEPT = "reproduce-deterministic-failures/{name}/tests/test_{module}.py"
GETS_THROUGH = "none"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong in a project: a test of it failed in CI, or a command does."""

    language: str
    name: str
    original: str = ""  # node id
    reproduction: str = ""  # the text of the test that is frozen
    command: str = ""

    @property
    def path(self) -> str:
        """Where the reproduction lies in the repository."""
        return KEPT.format(name=self.name, module=self.name.replace("-", "_"))

    @property
    def node(self) -> str:
        """The reproduction's node id."""
        return f"{self.path}::{self.original.rpartition('::')[2].partition('[')[0]}"


@dataclass(frozen=True)
class Fix:
    """A fix that somebody proposes. ``alone``: 'none' gets through where no text is read."""

    language: str
    kind: str
    name: str
    why: str
    fault: str
    diff: bytes
    check: int = 0
    says: str = ""
    alone: str = ""

    @property
    def id(self) -> str:
        return f"{self.language}/{self.kind}/{self.name}"

    @property
    def honest(self) -> bool:
        return self.kind == HONEST

    def __str__(self) -> str:
        return self.id


def read(path: Path) -> Fix:
    """One patch file."""
    whole = path.read_bytes()
    start = whole.index(b"diff --git ")
    why, *rest = whole[:start].decode().strip().split("\n")
    given = dict(line.split(": ", 1) for line in rest if line)
    language, kind = path.parts[-3:-1]
    return Fix(
        language, kind, path.stem, why, given["fault"], whole[start:], int(given.get("check", 0)),
        given.get("says", ""), given.get("alone", ""),
    )  # fmt: skip


@functools.cache
def fixes() -> dict[str, Fix]:
    """All of them by their id, ``language/kind/name``."""
    found = (read(path) for path in sorted(PLACE.glob("*/*/*.patch")))
    return {fix.id: fix for fix in found}


def cheats() -> list[Fix]:
    return [fix for fix in fixes().values() if not fix.honest]


def honest() -> list[Fix]:
    return [fix for fix in fixes().values() if fix.honest]


@functools.cache
def project(language: str) -> dict[str, str]:
    """The files (path -> text) of a language's project, in which every fault still is."""
    top = PLACE / language / "project"
    places = (one for one in sorted(top.rglob("*")) if one.is_file() and one.suffix != ".pyc")
    return {str(one.relative_to(top)): one.read_text() for one in places}


def fault(fix: Fix) -> Fault:
    """What a fix claims to repair."""
    if fix.language == "javascript":
        return Fault(fix.language, fix.fault, command=f"node --test test/{fix.fault}.test.js")
    kept = PLACE / fix.language / "reproductions" / fix.fault
    if (command := kept.with_suffix(".command")).is_file():
        return Fault(fix.language, fix.fault, command=command.read_text().strip())
    text = kept.with_suffix(".py").read_text()
    head, _, rest = text.partition("\n")
    return Fault(fix.language, fix.fault, head.removeprefix("# "), rest)


def files(fix: Fix) -> dict[str, str | None]:
    """What a fix leaves in the tree: path -> text, None for a file that is gone. Regular files only."""
    before = project(fix.language)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        write(tree, before)
        git(tree, "init", "-q")
        subprocess.run(["git", "apply", "-"], cwd=tree, input=fix.diff, check=True)
        after = {
            str(one.relative_to(tree)): one.read_text()
            for one in tree.rglob("*")
            if one.is_file() and one.relative_to(tree).parts[0] != ".git"
        }
    changed = {path: text for path, text in after.items() if before.get(path) != text}
    return {**changed, **dict.fromkeys(before.keys() - after.keys())}
