"""Edits of a file's imports: add a plain one, or drop a name that nothing uses any more."""

from __future__ import annotations

import ast
from collections.abc import Collection

from improve.repair.source import Edit, Source, statement_lines


def with_import(source: Source, module: str) -> tuple[Edit, ...]:
    """``import module``, where the file has none: before its first import, in order of the names."""
    if any(
        isinstance(one, ast.Import) and any(a.name == module and not a.asname for a in one.names)
        for one in source.tree.body
    ):
        return ()
    told = 0  # the last line of docstring and future imports
    for one in source.tree.body:
        if isinstance(one, (ast.Import, ast.ImportFrom)) and not _of_the_future(one):
            at = source.starts[_place(source, one, module) - 1]
            return (Edit(at, at, f"import {module}{source.newline}"),)
        text = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        if not text and not _of_the_future(one):
            break
        told = one.end_lineno or one.lineno
    at = source.starts[told] if told < len(source.starts) else len(source.data)
    gap = source.newline
    return (Edit(at, at, f"{gap}import {module}{gap}" if told else f"import {module}{3 * gap}"),)


def _place(source: Source, first: ast.stmt, module: str) -> int:
    """The line of the first import of the block that comes after ``module`` in the alphabet."""
    line = first.lineno
    for one in source.tree.body[source.tree.body.index(first) :]:
        if not isinstance(one, ast.Import) or len(one.names) > 1 or one.lineno > line + 1:
            break
        if one.names[0].name > module:
            return one.lineno
        line = one.lineno
        first = one
    alone = isinstance(first, ast.Import) and first.names[0].name < module
    return line + 1 if alone and line < len(source.starts) else line


def without_import(source: Source, name: str, gone: Collection[ast.AST]) -> tuple[Edit, ...]:
    """The import of ``name`` dropped, if what is ``gone`` were its only uses."""
    lost = {inner for node in gone for inner in ast.walk(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == name and node not in lost:
            return ()
    for one in source.tree.body:
        if not isinstance(one, (ast.Import, ast.ImportFrom)):
            continue
        kept = [a for a in one.names if (a.asname or a.name) != name]
        span = statement_lines(source, one)
        if len(kept) == len(one.names) or span is None:
            continue
        if not kept:
            return (Edit(*span, ""),)
        if isinstance(one, ast.ImportFrom) and one.lineno == one.end_lineno:
            told = ", ".join(f"{a.name} as {a.asname}" if a.asname else a.name for a in kept)
            text = f"from {'.' * one.level}{one.module or ''} import {told}"
            return (Edit(*source.span(one), text),)
    return ()


def _of_the_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"
