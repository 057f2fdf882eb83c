"""All mutation operators, and the mutations of one line."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache

from improve.repair import calls, expressions, insertions, positions, statements
from improve.repair.mutation import Mutation
from improve.repair.source import Source

Operator = Callable[[Source, ast.AST], Iterator[Mutation]]

OPERATORS: tuple[Operator, ...] = (
    expressions.comparison,
    expressions.constants,
    expressions.arithmetic,
    expressions.assignments,
    expressions.logic,
    positions.indices,
    positions.results,
    calls.names,
    calls.attributes,
    calls.arguments,
    calls.unwraps,
    calls.wraps,
    calls.yields,
    statements.branches,
    statements.moves,
    statements.deletes,
    insertions.returns,
    insertions.guards,
    insertions.copies,
    insertions.defaults,
)


@lru_cache(maxsize=32)
def nodes_by_line(source: Source) -> dict[int, tuple[ast.AST, ...]]:
    """Line -> the nodes that start on it, f-string parts and annotations left out."""
    found: dict[int, list[ast.AST]] = {}
    skipped: set[int] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.arg)) or hasattr(node, "returns"):
            inner = [node] if isinstance(node, ast.JoinedStr) else _annotations(node)
            # Before 3.12 positions inside an f-string are those of another text.
            skipped.update(id(n) for part in inner for n in ast.walk(part))
    for node in ast.walk(source.tree):
        if (hasattr(node, "lineno") and id(node) not in skipped) or (
            isinstance(node, ast.Slice) and id(node) not in skipped
        ):
            found.setdefault(node.lineno, []).append(node)
    return {line: tuple(nodes) for line, nodes in found.items()}


def _annotations(node: ast.AST) -> list[ast.AST]:
    parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    return [p for p in parts if p is not None]


def mutations(source: Source, line: int) -> Iterator[Mutation]:
    """Every mutation of what starts on a line, in no particular order."""
    for node in nodes_by_line(source).get(line, ()):
        for operator in OPERATORS:
            yield from operator(source, node)
