"""What a change newly sets for the whole interpreter: tracing, switching, collecting, zone, randomness.

An intermittent failure is shown, and its fix proven, while just these are varied. Whoever sets them in
the product decides for every module and every thread of the user's, and hides what they would show.
Pure, Python only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.guard.habits import Habit, dotted, newly, parsed
from improve.guard.reaching import imported, spelled

RULE = "sets it for the whole interpreter"
SETTERS = {
    "sys.settrace", "sys.setprofile", "threading.settrace", "threading.setprofile",
    "threading.settrace_all_threads", "threading.setprofile_all_threads",
    "sys.monitoring.use_tool_id", "sys.monitoring.set_events", "sys.setswitchinterval",
    "gc.disable", "gc.set_threshold", "gc.freeze", "time.tzset", "locale.setlocale",
    "resource.setrlimit", "resource.prlimit", "random.seed", "numpy.random.seed",
    "os.sched_setaffinity",
}  # fmt: skip
NAMED = {one.rpartition(".")[2] for one in SETTERS}
MODULES = {one.rpartition(".")[0] for one in SETTERS}
FRAMES = {"f_trace", "f_trace_lines"}
VARIABLES = {"TZ", "LANG", "LC_ALL", "LC_TIME", "LC_CTYPE", "PYTHONHASHSEED"}
ENVIRONMENT = {"os.environ", "os.putenv", "os.environ.update", "os.environ.setdefault"}


def new_conditions(before: str | None, after: str) -> list[Habit]:
    """What ``after`` sets so and ``before`` (None: a new file) did not as often."""
    return newly(_set(before or ""), _set(after))


def _set(text: str) -> Iterator[Habit]:
    tree = parsed(text)
    modules = imported(tree)
    for node in ast.walk(tree):
        for what in _of(node, modules):
            yield Habit(RULE, what, getattr(node, "lineno", 0))


def _of(node: ast.AST, modules: dict[str, str]) -> Iterator[str]:
    if isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
        name = spelled(node, modules)  # named is enough: it can be called by any other name then
        if name in SETTERS:
            yield name
    elif isinstance(node, ast.Attribute) and node.attr in FRAMES:
        yield node.attr
    elif isinstance(node, ast.Call):
        yield from _called(node, modules)
    elif (
        isinstance(node, ast.Subscript)
        and not isinstance(node.ctx, ast.Load)
        and spelled(node.value, modules) == "os.environ"
        and _text(node.slice) in VARIABLES
    ):
        yield f"os.environ[{_text(node.slice)!r}]"


def _called(node: ast.Call, modules: dict[str, str]) -> Iterator[str]:
    """``getattr(gc, "disable")``, and variables that are set by a call."""
    if dotted(node.func) == "getattr" and len(node.args) > 1:
        where, name = spelled(node.args[0], modules), _text(node.args[1])
        if where in MODULES and name in NAMED:
            yield f"{where}.{name}"
    elif spelled(node.func, modules) in ENVIRONMENT:
        given = {_text(one) for one in ast.walk(node)} | {one.arg for one in node.keywords}
        yield from (f"os.environ[{name!r}]" for name in sorted(VARIABLES & given))


def _text(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
