"""Arguments that change places against their names. Pure, Python only.

A call that gave ``kwargs`` for ``kwargs`` and ``context`` for ``context`` and now gives each for the
other may well pass a test, since something that is not None arrives. Source: "Detecting argument
selection defects" (Rice et al., OOPSLA 2017), which Error Prone's ArgumentSelectionDefectChecker
applies. Who means it says so: by keywords.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from improve.guard.habits import Habit

SHORTEST = 3
# Pairs that are turned round on purpose: comparisons, reflected operators, reversals.
TURNED = {"self", "other", "left", "right", "lhs", "rhs", "first", "second", "one", "two"}

Names = tuple[str, ...]


def crossed(before: str | None, after: str) -> list[Habit]:
    """New calls of ``after`` to a function of the same file that cross two of its arguments."""
    had = Counter(what for what, _ in _crossings(before or ""))
    found = []
    for what, line in _crossings(after):
        if had[what] > 0:
            had[what] -= 1
        else:
            found.append(Habit("crosses arguments", what, line))
    return found


def _crossings(text: str) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    known = _parameters(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _called(node)) in known:
            for one, other in _swapped(node, known[called]):
                yield f"{called} is given {one} for {other} and {other} for {one}", node.lineno


def _parameters(tree: ast.Module) -> dict[str, Names]:
    """Positional parameters of every function that has its name alone in the file."""
    found: dict[str, list[Names]] = {}
    for holder in ast.walk(tree):
        for node in ast.iter_child_nodes(holder):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = tuple(one.arg for one in (*node.args.posonlyargs, *node.args.args))
                bound = isinstance(holder, ast.ClassDef) and names[:1] in (("self",), ("cls",))
                found.setdefault(node.name, []).append(names[1:] if bound else names)
    return {name: ways[0] for name, ways in found.items() if len(ways) == 1}


def _called(node: ast.Call) -> str:
    """The name that is called: ``f(...)``, ``self.f(...)``, ``cls.f(...)``; '' for another call."""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id in ("self", "cls") else ""
    return ""


def _swapped(node: ast.Call, parameters: Names) -> Iterator[tuple[str, str]]:
    given = {}
    for place, value in enumerate(node.args[: len(parameters)]):
        if isinstance(value, ast.Starred):
            return
        if isinstance(value, ast.Name) and len(value.id) >= SHORTEST and value.id not in TURNED:
            given[parameters[place]] = value.id
    for wanted, name in given.items():
        if wanted < name and given.get(name) == wanted:
            yield wanted, name
