"""Whatever starts a program that others wrote does so inside a fence; a new place cannot forget it."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "tools" / "improve"
# These rooms, and these files of the workbench, start the target's programs or an agent's.
ROOMS = ("checks", "agents", "reproduction")
FILES = ("workbench/inspection.py", "workbench/found.py", "workbench/venv.py")
# git alone is started here, on a patch of the team's own, and told not to look for a repository.
OURS = ("agents/scripted.py",)


def starts(path: Path) -> list[ast.Call]:
    """Calls of ``process.run`` in a file."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "process.run"
    ]


def test_everything_that_others_wrote_is_fenced() -> None:
    files = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.py")]
    files += [PACKAGE / name for name in FILES]
    seen = 0
    for path in files:
        if path.relative_to(PACKAGE).as_posix() in OURS:
            continue
        for call in starts(path):
            seen += 1
            assert any(one.arg == "fence" for one in call.keywords), (
                f"{path.relative_to(PACKAGE)}:{call.lineno} starts a program without a fence: "
                "take one from workbench/sandbox/needs.py, or name the file in OURS and say why"
            )
    assert seen >= 8, "the calls are no longer found: has `process.run` another name?"
