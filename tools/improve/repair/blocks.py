"""Statements as blocks of whole lines: where they stand, what they call, how they are moved."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from improve.repair.source import Edit, Source, statement_lines


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements below a node, its own first; functions inside count as well."""
    for one in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(one, name, None)
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def called(node: ast.AST | None) -> str:
    """The last part of the name that a call calls; '' for what is no call."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def dotted(node: ast.AST) -> str:
    """'a.b.c' of names and attributes, else ''."""
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


def moved_behind(source: Source, node: ast.stmt, last: ast.stmt) -> tuple[Edit, ...]:
    """``node`` taken out and put behind ``last`` of the same block; () when lines are shared."""
    own, end = statement_lines(source, node), statement_lines(source, last)
    if own is None or end is None:
        return ()
    text = source.data[own[0] : own[1]].decode()
    if end[1] == len(source.data) and not source.data.endswith((b"\n", b"\r")):
        text = source.newline + text.rstrip("\r\n")
    return Edit(*own, ""), Edit(end[1], end[1], text)


def indented(source: Source, body: Sequence[ast.stmt], head: str) -> tuple[Edit, ...]:
    """The statements' lines one step further in, below the line ``head``; () if that is unsafe."""
    first, last = body[0].lineno, body[-1].end_lineno or body[-1].lineno
    spans = [statement_lines(source, one) for one in body]
    if None in spans or _has_long_text(body):
        return ()
    indent = source.indent(first)
    step = "\t" if "\t" in indent else "    "
    edits = [
        Edit(
            source.starts[first - 1],
            source.starts[first - 1],
            f"{indent}{head}{source.newline}{step}",
        )
    ]
    for line in range(first + 1, last + 1):
        if source.line_text(line).strip():
            at = source.starts[line - 1]
            edits.append(Edit(at, at, step))
    return tuple(edits)


def _has_long_text(body: Sequence[ast.stmt]) -> bool:
    """A text over several lines would get the white space into its value."""
    texts = (one for part in body for one in ast.walk(part))
    return any(
        isinstance(one, (ast.Constant, ast.JoinedStr)) and one.end_lineno != one.lineno
        for one in texts
    )
