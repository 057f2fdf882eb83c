"""Mutation operators on places: indices, slices, ranges, returned and passed values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.repair.mutation import Mutation, replace
from improve.repair.scope import local_names
from improve.repair.source import Edit, FunctionNode, Source


def by_one(source: Source, node: ast.expr, operator: str, prior: float) -> Iterator[Mutation]:
    if isinstance(node, ast.Constant):
        return  # `constants` moves literals itself
    text = source.segment(node)
    if isinstance(node, ast.BinOp) and _adds_one(node):
        yield replace(source, node, source.segment(node.left), operator, prior * 1.2)
        return
    simple = isinstance(node, (ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.BinOp))
    body = text if simple else f"({text})"
    for sign in ("+", "-"):
        yield replace(source, node, f"{body} {sign} 1", operator, prior)


def _adds_one(node: ast.BinOp) -> bool:
    by = node.right.value if isinstance(node.right, ast.Constant) else None
    return by == 1 and isinstance(node.op, (ast.Add, ast.Sub))


def indices(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Indices and range arguments moved by one, dropped or added."""
    if isinstance(node, ast.Slice):
        yield from _slice(source, node)
    elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        if isinstance(node.ctx, ast.Load):
            yield replace(source, node, source.segment(node.value), "drop-index", 0.12)
        if isinstance(node.slice, (ast.Name, ast.BinOp, ast.Call, ast.Attribute)):
            yield from by_one(source, node.slice, "index", 0.4)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        for number, argument in enumerate(node.args[:2]):
            yield from by_one(source, argument, "range-bound", 0.8 if number else 0.6)
        if len(node.args) == 1:
            text = source.segment(node.args[0])
            yield replace(source, node.args[0], f"1, {text}", "range-bound", 0.4)
            yield replace(source, node.args[0], f"1, {text} + 1", "range-bound", 0.3)


def _slice(source: Source, node: ast.Slice) -> Iterator[Mutation]:
    for bound in (node.lower, node.upper):
        if bound is not None:
            yield from by_one(source, bound, "slice-bound", 0.5)
            yield replace(source, bound, "", "drop-bound", 0.3)
    start, end = source.span(node)
    added = []
    if node.lower is None:
        added.append((start, "1", 0.3, "the slice starts at 1"))
    if node.upper is None and node.step is None:
        added.append((end, "-1", 0.2, "the slice ends before its last element"))
    for at, text, prior, why in added:
        yield Mutation((Edit(at, at, text),), node.lineno, "slice-bound", prior, why)


def results(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Values that are returned, passed or assigned, moved by one or exchanged for another."""
    if isinstance(node, ast.Return) and node.value is not None:
        yield from by_one(source, node.value, "return-value", 0.25)
        yield replace(
            source, node.value, f"not ({source.segment(node.value)})", "return-value", 0.2
        )
        if not isinstance(node.value, (ast.Constant, ast.Name)):
            yield replace(
                source, node.value, f"[{source.segment(node.value)}]", "return-value", 0.1
            )
        if isinstance(node.value, ast.List) and not node.value.elts:
            yield replace(source, node.value, "[[]]", "return-value", 0.3)
        if isinstance(node.value, ast.Constant):
            yield from _returned_test(source, node, node.value)
        yield from _returned_elsewhere(source, node, node.value)
    elif isinstance(node, ast.Call):
        for argument in node.args:
            if isinstance(argument, (ast.Name, ast.BinOp)):
                yield from by_one(source, argument, "argument", 0.2)
                yield from _less_another(source, argument)
    elif isinstance(node, ast.Assign):
        yield from by_one(source, node.value, "assigned-value", 0.2)


def _less_another(source: Source, node: ast.expr) -> Iterator[Mutation]:
    """A passed value from which another variable's share must be taken (or added)."""
    text = source.segment(node)
    for name in local_names(source, node)[:8]:
        if name != text and name not in ("self", "cls"):
            for sign in ("-", "+"):
                yield replace(source, node, f"{text} {sign} {name}", "argument", 0.16)


def _returned_test(source: Source, node: ast.Return, value: ast.Constant) -> Iterator[Mutation]:
    """`return True` where the answer depends on a variable of the function."""
    for name in local_names(source, node)[:8]:
        for text in (f"not {name}", f"{name} == 0", name):
            yield replace(source, value, text, "return-value", 0.25)


def _returned_elsewhere(source: Source, node: ast.Return, value: ast.expr) -> Iterator[Mutation]:
    holder: FunctionNode | None = source.function_of(node)
    if holder is None:
        return
    own = source.segment(value)
    others = {
        source.segment(n.value)
        for n in ast.walk(holder)
        if isinstance(n, (ast.Return, ast.Assign)) and n.value is not None
    }
    for text in sorted(others - {own})[:10]:
        if "\n" not in text:
            yield replace(source, value, text, "return-value", 0.12)
            if not isinstance(value, ast.Constant):
                yield replace(source, value, f"{own} + {text}", "return-value", 0.08)
