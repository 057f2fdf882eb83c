"""Code that newly leaves the process with success: a command's status is then no verdict. Pure, Python only.

Another status makes no check pass. Programs end so under ``if __name__ == "__main__"`` and in their
``__main__.py``; and a test that expects it says so.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from improve.guard.habits import Habit, dotted, newly, parsed
from improve.guard.reaching import imported, spelled

RULE = "ends the process"
ENDS = {
    "sys.exit",
    "SystemExit",
    "exit",
    "quit",
    "builtins.exit",
    "builtins.quit",
    "builtins.SystemExit",
}
# Another program takes this one's place, and with it the status.
REPLACED = {f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")}
EXPECTED = ("SystemExit", "sys.exit")


def new_ends(path: str, before: str | None, after: str, test: str) -> list[Habit]:
    """The exits with success of ``after`` that ``before`` (None: a new file) did not have as often."""
    if PurePosixPath(path).name == "__main__.py" or any(word in test for word in EXPECTED):
        return []
    return newly(_ends(before or ""), _ends(after))


def _ends(text: str) -> Iterator[Habit]:
    tree = parsed(text)
    modules = imported(tree)
    for node in _unguarded(tree):
        if isinstance(node, ast.Call):
            name = spelled(node.func, modules) or dotted(node.func)
            if name in REPLACED or (name in ENDS and _with_success(node)):
                yield Habit(RULE, f"calls {name}", node.lineno)
        elif isinstance(node, ast.Raise) and node.exc and not isinstance(node.exc, ast.Call):
            name = spelled(node.exc, modules) or dotted(node.exc)
            if name in ENDS:
                yield Habit(RULE, f"raises {name}", node.lineno)


def _with_success(call: ast.Call) -> bool:
    """It says 0 or nothing, or what is not to be read; a number that a function hands out is that one's."""
    if not call.args:
        return not call.keywords
    given = call.args[0]
    if isinstance(given, ast.Constant):
        return given.value in (0, None, False)
    return not (isinstance(given, (ast.JoinedStr, ast.Name, ast.Attribute)) or _calls_own(given))


def _calls_own(given: ast.expr) -> bool:
    """``main()`` and its like; not ``int(...)`` or ``bool(...)`` of whatever."""
    return isinstance(given, ast.Call) and dotted(given.func).split(".")[-1] in (
        "main",
        "run",
        "cli",
        "format",
    )


def _unguarded(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that does not stand under ``if __name__ == "__main__"``."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)):
            yield node
            yield from _unguarded(node)
