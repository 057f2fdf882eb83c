"""Answers written for the test's own input, and limits that were only made wider. Pure, Python only.

A special case is seen where a new branch (or table) names a literal of the reproduction. That such
a fix would fail on other inputs is shown by running it on them; here the agent is told at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.guard.habits import Habit, dotted, parsed

LIMITS = {
    "timeout", "tolerance", "tol", "rtol", "atol", "rel_tol", "abs_tol", "delta", "epsilon", "eps",
    "retries", "max_retries", "attempts", "max_attempts", "patience", "deadline", "grace",
}  # fmt: skip
COARSENESS = "the digits left out by round"
COMMON = {-1, 0, 1, 2, 3, 10, 100, 1000, "", " ", "\n", ",", ".", "-", "_", "/", ":", "utf-8"}


def special_cases(before: str | None, after: str, test: str) -> list[Habit]:
    """New branches and tables of ``after`` that name a literal of ``test``."""
    return _new(before, after, test, hands_out=True)


def asks_for_inputs(before: str | None, after: str, test: str) -> list[Habit]:
    """New branches of ``after`` on a literal of ``test``, whatever they do then.

    Many a product needs one (``if month == 12``): only other inputs tell those from a special case.
    """
    return _new(before, after, test, hands_out=False)


def _new(before: str | None, after: str, test: str, *, hands_out: bool) -> list[Habit]:
    known = _literals(test)
    had = {what for what, _ in _branches(before or "", known, hands_out)}
    return [
        Habit("special-cases the test", what, line)
        for what, line in _branches(after, known, hands_out)
        if what not in had
    ]


def widened(before: str | None, after: str) -> list[Habit]:
    """Limits (timeouts, tolerances, retries) that are larger than before at the same place."""
    had = _limits(before or "")
    return [
        Habit("widens a limit", f"{name} was {had[place, name][0]:g}, is {value:g}", line)
        for (place, name), (value, line) in _limits(after).items()
        if (place, name) in had and value > had[place, name][0]
    ]


def _literals(text: str) -> set[object]:
    return {
        node.value
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.Constant) and _telling(node.value)
    }


def _telling(value: object) -> bool:
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return False
    if isinstance(value, (str, bytes)):
        return len(value) >= 3 and value not in COMMON
    return isinstance(value, (int, float)) and value not in COMMON


def _branches(text: str, known: set[object], hands_out: bool) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, (ast.If, ast.IfExp)):
            result = node.body if isinstance(node.body, list) else [node.body]
            if _compares(node.test, known) and (_answers(result) or not hands_out):
                yield f"if {ast.unparse(node.test)}"[:120], node.lineno
        elif isinstance(node, ast.match_case) and (_answers(node.body) or not hands_out):
            if _inside(node.pattern, known):
                yield f"case {ast.unparse(node.pattern)}"[:120], node.body[0].lineno
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            if any(_is_known(k, known) and _is_known(v, known) for k, v in pairs):
                yield f"a table with {ast.unparse(node)}"[:120], node.lineno


def _compares(test: ast.expr, known: set[object]) -> bool:
    """Something is compared with a literal of the test, whole (==, in, is)."""
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.Eq, ast.In, ast.Is))
        and _inside(node, known)
        for node in ast.walk(test)
    )


def _answers(body: list[ast.stmt] | list[ast.expr]) -> bool:
    """The branch only hands a constant out."""
    last = body[-1]
    if isinstance(last, (ast.Return, ast.Assign, ast.AnnAssign)):
        last_value = last.value
        return last_value is not None and _fixed(last_value)
    return isinstance(last, ast.expr) and _fixed(last)


def _fixed(node: ast.expr) -> bool:
    return not any(isinstance(one, (ast.Name, ast.Call, ast.Attribute)) for one in ast.walk(node))


def _inside(node: ast.AST, known: set[object]) -> bool:
    return any(_is_known(one, known) for one in ast.walk(node))


def _is_known(node: ast.AST | None, known: set[object]) -> bool:
    return isinstance(node, ast.Constant) and _telling(node.value) and node.value in known


def _limits(text: str) -> dict[tuple[str, str], tuple[float, int]]:
    """(function, name) -> the largest number given there, and its line."""
    found: dict[tuple[str, str], tuple[float, int]] = {}
    for place, name, node in _named(parsed(text), ""):
        value = _limit(name, node)
        if value is not None and value > found.get((place, name), (float("-inf"), 0))[0]:
            found[place, name] = (value, node.lineno)
    return found


def _named(tree: ast.AST, place: str) -> Iterator[tuple[str, str, ast.expr]]:
    """(function, name, value) of every keyword, default and plain assignment."""
    for node in ast.iter_child_nodes(tree):
        inner = place
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inner = f"{place}.{node.name}"
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from ((inner, name, value) for name, value in _defaults(node.args))
        if isinstance(node, ast.keyword) and node.arg:
            yield inner, node.arg, node.value
        if isinstance(node, ast.Call) and dotted(node.func) == "round" and len(node.args) > 1:
            yield inner, COARSENESS, node.args[1]
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield inner, node.targets[0].id, node.value
        yield from _named(node, inner)


def _defaults(given: ast.arguments) -> Iterator[tuple[str, ast.expr]]:
    plain = [*given.posonlyargs, *given.args]
    with_default = plain[len(plain) - len(given.defaults) :]
    yield from ((one.arg, value) for one, value in zip(with_default, given.defaults, strict=True))
    for one, value in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if value is not None:
            yield one.arg, value


def _limit(name: str, value: ast.expr) -> float | None:
    """The number, when the name is one of a limit."""
    if name == COARSENESS:
        return _coarseness(value)
    low = name.lower()
    known = low in LIMITS or low.endswith(("_timeout", "_tolerance"))
    number = value.value if isinstance(value, ast.Constant) else None
    if known and isinstance(number, (int, float)) and not isinstance(number, bool):
        return float(number)
    return None


def _coarseness(digits: ast.expr) -> float | None:
    """The fewer digits a number is rounded to, the more becomes equal."""
    try:
        found = ast.literal_eval(digits)
    except (ValueError, TypeError):
        return None
    return float(-found) if isinstance(found, int) else None
