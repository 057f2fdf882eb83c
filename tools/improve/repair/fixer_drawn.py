"""A fixer for what is drawn by chance: a key may be drawn that is taken.

A seed would only hide that, so none is ever set: the draw is repeated until the key is free.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from improve.repair.blocks import blocks, dotted
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source, statement_lines


def drawn_again(sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """A key drawn by chance that is there already would replace another: draw while it is taken."""
    for path, source in sources.items():
        for block in blocks(source.tree):
            for node, rest in ((one, block[i + 1 :]) for i, one in enumerate(block)):
                if isinstance(node, ast.Assign) and _by_chance(node.value):
                    made = _while_taken(source, node, rest)
                    if made is not None:
                        yield path, made


def _by_chance(node: ast.expr) -> bool:
    return any(
        isinstance(one, ast.Call)
        and dotted(one.func).split(".")[0] in ("random", "secrets", "uuid")
        for one in ast.walk(node)
    )


def _while_taken(source: Source, node: ast.Assign, rest: Sequence[ast.stmt]) -> Mutation | None:
    name, own = node.targets[0], statement_lines(source, node)
    if not isinstance(name, ast.Name) or own is None:
        return None
    for one in (inner for part in rest for inner in ast.walk(part)):
        stored = isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store)
        if stored and isinstance(one, ast.Subscript) and dotted(one.slice) == name.id:
            group = source.segment(one.value)
            indent, gap = source.indent(node.lineno), source.newline
            line = (
                f"{indent}while {name.id} in {group}:{gap}{indent}    {source.segment(node)}{gap}"
            )
            why = f"`{name.id}` could be one that `{group}` has already, and replace it"
            return Mutation((Edit(own[1], own[1], line),), node.lineno, "draw-again", 1.9, why)
    return None
