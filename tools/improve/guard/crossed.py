"""Arguments that leave the parameter of their own name for another. Pure, Python only.

A call that gave ``context`` for ``context`` and now gives it for ``kwargs`` may well pass a test, since
something that is not None arrives. Source: "Detecting argument selection defects" (Rice et al.,
OOPSLA 2017), which Error Prone's ArgumentSelectionDefectChecker applies. Who means it says so: by
keywords.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from improve.guard.habits import Habit, parsed

SHORTEST = 3
# Pairs that are turned round on purpose: comparisons, reflected operators, reversals.
TURNED = {"self", "other", "left", "right", "lhs", "rhs", "first", "second", "one", "two"}

Names = tuple[str, ...]


class _Given(NamedTuple):
    called: str
    name: str
    parameter: str


def crossed(before: str | None, after: str) -> list[Habit]:
    """Arguments of ``after``'s calls (to functions of the same file) that stood in their place before."""
    had, has = _given(before or ""), _given(after)
    found = []
    for one, lines in has.items():
        if one.parameter == one.name or len(lines) <= len(had.get(one, ())):
            continue
        # Either the name has left its own place, or it stands where the right one stood.
        homes = [_Given(one.called, name, name) for name in (one.name, one.parameter)]
        if any(len(has.get(home, ())) < len(had.get(home, ())) for home in homes):
            what = f"{one.called} is given {one.name} for {one.parameter}"
            found.append(Habit("crosses arguments", what, lines[-1]))
    return found


def _given(text: str) -> dict[_Given, list[int]]:
    """Which names are given for which parameters, and in which lines."""
    tree = parsed(text)
    known = _parameters(tree)
    found: dict[_Given, list[int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _called(node)) in known:
            for name, parameter in _pairs(node, known[called]):
                found.setdefault(_Given(called, name, parameter), []).append(node.lineno)
    return found


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


def _pairs(node: ast.Call, parameters: Names) -> Iterator[tuple[str, str]]:
    """(name, parameter) of the plain names among the arguments that are called like a parameter."""
    given = [*zip(node.args, parameters, strict=False)]
    if any(isinstance(value, ast.Starred) for value, _ in given):
        return
    # By keyword it is meant: only who is at home counts.
    given += [(one.value, one.arg) for one in node.keywords if _name(one.value) == one.arg]
    for value, parameter in given:
        name = _name(value)
        if name in parameters and len(name) >= SHORTEST and name not in TURNED:
            yield name, parameter


def _name(value: ast.expr) -> str:
    return value.id if isinstance(value, ast.Name) else ""
