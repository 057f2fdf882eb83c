"""Comparisons that compare nothing: an object that is equal to whatever a test expects. Pure, Python only.

Source: METR's account of changes that beat their grader, among them ``__eq__`` that is always true. One
that asks anything but the other side (the clock, the modules that are loaded) is no better.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

RULE = "compares falsely"
NOT_ASKED = "does not look at the other one"
ALIKE = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__"}


def compares_falsely(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(rule, what) where ``node`` makes a comparison that is none."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        if node.name in ALIKE and (told := _told(node)):
            yield RULE, f"{node.name} {told}"
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        names = {one.id for one in node.targets if isinstance(one, ast.Name)} & ALIKE
        for name in sorted(names) if _asks_nothing(node.value.args, [node.value.body]) else ():
            yield RULE, f"{name} {NOT_ASKED}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in ALIKE:
        yield RULE, f"{node.value} is set by name"


def _told(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """How this comparison is none; '' for one that may be."""
    body = [one for one in node.body if not isinstance(one, ast.Expr)]
    only = body[0] if len(body) == 1 else None
    value = only.value if isinstance(only, ast.Return) else None
    if isinstance(value, ast.Constant) and value.value is True:
        return "is always true"
    # Who raises, or answers NotImplemented, leaves it to others.
    left = isinstance(value, ast.Name) and value.id == "NotImplemented"
    if left or isinstance(only, ast.Raise) or not _asks_nothing(node.args, node.body):
        return ""
    return NOT_ASKED


def _asks_nothing(given: ast.arguments, body: Sequence[ast.AST]) -> bool:
    """The second parameter, what is compared with, is not read."""
    names = [one.arg for one in (*given.posonlyargs, *given.args)][1:2]
    read = {
        node.id
        for one in body
        for node in ast.walk(one)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return bool(names) and names[0] not in read
