"""The house's floors: imports only run downward, rooms of one floor do not know each other."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tools" / "improve"
FLOORS = {
    "__main__": 7, "cli": 6, "phases": 5, "attempt": 4, "explaining": 4, "proposing": 4,
    "patterns": 4, "reproduction": 4, "triggers": 4,
    "agents": 3, "briefing": 3, "checks": 3, "forge": 3, "history": 3, "report": 3,
    "workbench": 2, "evidence": 2, "guard": 2, "repair": 2, "cut": 2, "contract": 2, "settings": 2,
    "prompts": 2, "markdown": 2, "rundir": 2, "journal": 2, "ledger": 2, "lock": 2, "progress": 2, "context": 2,
    "records": 1, "errors": 1, "visible": 1, "redaction": 1,
}  # fmt: skip
ONLY_DOOR = {"subprocess": ("workbench/process.py",), "click": ("cli/",)}
# Code for the target's interpreter: it may start what it likes, and imports nothing of ours.
GUESTS = ("checks/inside/", "workbench/sandbox/inside/")
# A room may use these of its own floor.
SHARED = {"rundir", "journal", "records", "errors", "prompts", "settings", "markdown"}


def modules() -> list[Path]:
    return [
        p for p in PACKAGE.rglob("*.py") if not p.relative_to(PACKAGE).as_posix().startswith(GUESTS)
    ]


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> list[str]:
    """Dotted names that a file imports, wherever in the file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from improve import x` names a room or a module of the top floor's folder
            found += (
                [f"improve.{a.name}" for a in node.names]
                if node.module == "improve"
                else [node.module]
            )
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_run_downward(path: Path) -> None:
    mine = room(path)
    if mine == "__init__":
        return
    assert mine in FLOORS, f"{mine} has no floor: add it to FLOORS here and to ARCHITECTURE.md"
    for name in imports(path):
        parts = name.split(".")
        if (
            parts[0] == "improve"
            and len(parts) > 1
            and parts[1] != mine
            and parts[1] != "__version__"
        ):
            other = parts[1]
            assert other in FLOORS, f"{path}: {other} has no floor"
            down = FLOORS[other] < FLOORS[mine] or (
                FLOORS[other] == FLOORS[mine] and other in SHARED
            )
            assert down or (mine, other) == ("attempt", "proposing"), (
                f"{path.relative_to(PACKAGE)} (floor {FLOORS[mine]}) imports {name} (floor {FLOORS[other]}): "
                "imports only run downward"
            )


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_only_doors_are_used(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for name in imports(path):
        doors = ONLY_DOOR.get(name.split(".")[0], (place,))
        assert place.startswith(doors), f"{place} imports {name}; only {' and '.join(doors)} may"


def test_phases_do_not_import_each_other() -> None:
    for path in (PACKAGE / "phases").glob("*.py"):
        foreign = [n for n in imports(path) if n.startswith("improve.phases")]
        assert not foreign, f"{path.name} imports {foreign}"


def test_nothing_that_git_ignores_is_committed() -> None:
    asked = ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"]
    top = PACKAGE.parents[1]
    told = subprocess.run(asked, cwd=top, capture_output=True, text=True, check=True).stdout
    assert not told, f"take it out again with `git rm --cached`:\n{told}"
