"""Mutation operators on statements that are there: branch, move, delete."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.repair.mutation import Mutation, replace, shorten
from improve.repair.source import Edit, FunctionNode, Source, statement_lines


def _block_of(source: Source, node: ast.stmt) -> list[ast.stmt]:
    """The list of statements that holds a statement."""
    parent = source.parents.get(node)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and node in block:
            return block
    return []


def _lines(source: Source, span: tuple[int, int]) -> str:
    text = source.data[span[0] : span[1]].decode()
    return text if text.endswith(("\n", "\r")) else text + source.newline


def _moved_right(text: str, old: str, new: str) -> str | None:
    """Statement lines with another indentation; None when a line does not fit."""
    made = []
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith(old):
            return None
        made.append(new + line[len(old) :] if line.strip() else line)
    return "".join(made)


def branches(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """`break` and `continue` exchanged, `if` and `while` exchanged, `elif` made `if`."""
    if isinstance(node, (ast.Break, ast.Continue)):
        word = "continue" if isinstance(node, ast.Break) else "break"
        yield replace(source, node, word, "break-continue", 0.5)
    elif isinstance(node, (ast.If, ast.While)):
        start = source.span(node)[0]
        head = source.data[start : start + 6]
        if head.startswith(b"elif"):
            why = "`elif` became `if`: both branches can be taken"
            yield Mutation((Edit(start, start + 2, ""),), node.lineno, "elif-if", 0.3, why)
        elif head.startswith(b"if") and not node.orelse:
            why = "`if` became `while`: the step is repeated until the condition ends"
            yield Mutation((Edit(start, start + 2, "while"),), node.lineno, "if-while", 0.2, why)
        elif head.startswith(b"while") and not node.orelse:
            why = "`while` became `if`: the step is done once"
            yield Mutation((Edit(start, start + 5, "if"),), node.lineno, "if-while", 0.15, why)


def moves(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A statement before its predecessor, out of its block, or into the block above it."""
    if not isinstance(node, ast.stmt) or isinstance(node, (FunctionNode, ast.ClassDef)):
        return
    block, own = _block_of(source, node), statement_lines(source, node)
    if own is None or node not in block:
        return
    at = block.index(node)
    shown = shorten(source.segment(node), 40)
    if at + 1 < len(block):
        yield from _exchange(source, node, own, block[at + 1])
    if at > 0:
        yield from _into_block(source, node, own, block[at - 1], shown)
    parent = source.parents.get(node)
    last = at == len(block) - 1 and len(block) > 1
    if last and isinstance(parent, (ast.For, ast.While, ast.If, ast.With)):
        after = statement_lines(source, parent)
        text = _moved_right(
            _lines(source, own), source.indent(node.lineno), source.indent(parent.lineno)
        )
        if after and text and after[1] == own[1]:
            why = f"`{shown}` runs after the block, no longer inside it"
            yield Mutation((Edit(*own, text),), node.lineno, "move-out", 0.4, why)


def _exchange(
    source: Source, node: ast.stmt, own: tuple[int, int], below: ast.stmt
) -> Iterator[Mutation]:
    other = statement_lines(source, below)
    if other is None or other[0] != own[1]:
        return
    text = _lines(source, other) + _lines(source, own)
    why = f"`{shorten(source.segment(below), 40)}` runs before the statement above it"
    yield Mutation((Edit(own[0], other[1], text),), node.lineno, "swap-statements", 0.4, why)


def _into_block(
    source: Source, node: ast.stmt, own: tuple[int, int], above: ast.stmt, shown: str
) -> Iterator[Mutation]:
    if not isinstance(above, (ast.For, ast.While, ast.If, ast.With)) or not above.body:
        return
    last = (above.orelse if isinstance(above, ast.If) and above.orelse else above.body)[-1]
    if statement_lines(source, last) is None or isinstance(last, (ast.Break, ast.Return)):
        return
    text = _moved_right(_lines(source, own), source.indent(node.lineno), source.indent(last.lineno))
    if text:
        why = f"`{shown}` runs inside the block above it"
        yield Mutation((Edit(*own, text),), node.lineno, "move-in", 0.3, why)


def deletes(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A statement taken away, or a block's condition taken away."""
    kinds = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Continue, ast.Break, ast.Delete)
    if isinstance(node, kinds):
        block, own = _block_of(source, node), statement_lines(source, node)
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if own and len(block) > 1 and not is_text and not _is_elif(source, node):
            why = f"`{shorten(source.segment(node), 40)}` was taken away"
            yield Mutation((Edit(*own, ""),), node.lineno, "delete", 0.2, why)


def _is_elif(source: Source, node: ast.stmt) -> bool:
    start = source.span(node)[0]
    return source.data[start : start + 4] == b"elif"
