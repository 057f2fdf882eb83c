"""What a change newly reaches for outside of its own code: other modules, programs, tests. Pure, Python only.

A repair changes what the code does. Whoever replaces the clock of everybody, brings mocks into the product,
turns warnings off or asks another program changes what is seen of it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from improve.guard.habits import Habit, dotted, newly, parsed
from improve.guard.protected import RUNNER

TEST_TOOLS = {"pytest", "_pytest", "unittest", "mock", "nose"}
# What a program may set of these modules: it is there to be set.
OPEN_TO_ALL = {
    "sys.stdout", "sys.stderr", "sys.stdin", "sys.excepthook", "sys.displayhook", "sys.argv",
}  # fmt: skip
PUBLIC = sys.stdlib_module_names | {*RUNNER, "builtins"}
PUT_IN_PLACE = {"sys.modules.update", "sys.modules.setdefault"}
PROGRAMS = {"subprocess", "os.system", "os.popen", "os.posix_spawn", "pty"}
SPEAKS = {"starts a program", "asks the network", "brings the tools of tests"}
NETWORK = {
    "urllib.request", "socket", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib",
}  # fmt: skip


def new_reach(path: str, before: str | None, after: str, error: str | None) -> list[Habit]:
    """What the file ``path`` reaches for that ``before`` (None: a new file) did not as often."""
    had = list(_reach(path, before or "", error))
    # Who spoke to others already may do so once more.
    spoke = {(one.rule, one.what) for one in had if one.rule in SPEAKS}
    new = newly(had, _reach(path, after, error))
    return [one for one in new if (one.rule, one.what) not in spoke]


def _reach(path: str, text: str, error: str | None) -> Iterator[Habit]:
    tree = parsed(text)
    modules = imported(tree)
    quiet = _caught(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        for rule, what in (
            *_replaced(node, modules),
            *_brought(node, path),
            *_silenced(node, quiet, error),
            *_asked(node, modules),
        ):
            yield Habit(rule, what, line)


def imported(tree: ast.Module) -> dict[str, str]:
    """Name in this file -> the module, or the part of one, that it stands for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                first = one.name.split(".")[0]
                found[one.asname or first] = one.name if one.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update(
                {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            )
    return found


def spelled(node: ast.expr, modules: dict[str, str]) -> str:
    """A dotted name with the module it begins with in full; '' for another expression."""
    first, _, rest = dotted(node).partition(".")
    return ".".join(filter(None, (modules.get(first, ""), rest))) if first in modules else ""


def _replaced(node: ast.AST, modules: dict[str, str]) -> Iterator[tuple[str, str]]:
    """An attribute of a module that others use too is set, or a module is put in another's place."""
    targets: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = node.targets
    elif isinstance(node, ast.AugAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call) and dotted(node.func) in ("setattr", "delattr") and node.args:
        targets = [ast.Attribute(node.args[0], "...", ast.Store())]
    elif isinstance(node, ast.Call) and spelled(node.func, modules) in PUT_IN_PLACE:
        yield "replaces what others use", "sys.modules"
    for target in targets:
        whole = target.value if isinstance(target, ast.Subscript) else target
        name = spelled(whole, modules)
        public = name.split(".")[0] in PUBLIC
        set_ = isinstance(target, ast.Attribute) and public and name not in OPEN_TO_ALL
        if set_ or (isinstance(target, ast.Subscript) and name == "sys.modules"):
            yield "replaces what others use", name


def _brought(node: ast.AST, path: str) -> Iterator[tuple[str, str]]:
    """The product takes up the tools of tests; what is made for testers may."""
    if any(part.removesuffix(".py") == "testing" for part in PurePosixPath(path).parts):
        return
    names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
    if isinstance(node, ast.ImportFrom) and not node.level:
        names = [node.module or ""]
    for name in names:
        if name.split(".")[0] in TEST_TOOLS:
            yield "brings the tools of tests", f"imports {name}"


def _silenced(node: ast.AST, quiet: set[ast.AST], error: str | None) -> Iterator[tuple[str, str]]:
    name = dotted(node.func) if isinstance(node, ast.Call) else ""
    if isinstance(node, ast.Call) and name.split(".")[-1] in ("simplefilter", "filterwarnings"):
        first = node.args[0] if node.args else None
        # Around one call it may be meant; when the failure is a warning it is the failure.
        off = isinstance(first, ast.Constant) and first.value == "ignore"
        if off and (node not in quiet or (error or "").endswith("Warning")):
            yield "turns warnings off", name
    elif name == "logging.disable":
        yield "turns messages off", name


def _asked(node: ast.AST, modules: dict[str, str]) -> Iterator[tuple[str, str]]:
    name = spelled(node.func, modules) if isinstance(node, ast.Call) else ""
    for rule, known in (("starts a program", PROGRAMS), ("asks the network", NETWORK)):
        for one in known:
            if name == one or name.startswith(f"{one}."):
                yield rule, one


def _caught(tree: ast.Module) -> set[ast.AST]:
    """All that stands inside a ``with warnings.catch_warnings()``."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "catch_warnings" in ast.unparse(node.items[0])
        for inner in ast.walk(node)
    }
