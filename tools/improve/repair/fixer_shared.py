"""Fixers for what threads share beside attributes: made twice, or told of before it is ready.

Double-checked and late publication are the textbook's atomicity and order violations (Lu et al.,
"Learning from Mistakes", ASPLOS 2008: together 97 % of the bugs that are no deadlocks).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import blocks, called, dotted, indented, moved_behind
from improve.repair.imports import with_import
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, FunctionNode, Source, statement_lines

_Found = Iterator[tuple[str, Mutation]]


def made_twice(sources: Mapping[str, Source]) -> _Found:
    """A name of the module that is filled when it is first needed: look and fill under a lock."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.If) and isinstance(source.function_of(node), ast.FunctionDef):
                for name in _filled(source, node):
                    if made := _once(source, node, name):
                        yield path, made


def _filled(source: Source, node: ast.If) -> list[str]:
    """Names of the module that the test asks for and the body gives a value."""
    asked = {one.id for one in ast.walk(node.test) if isinstance(one, ast.Name)}
    holder = source.function_of(node)
    shared = {n for g in ast.walk(holder or node) if isinstance(g, ast.Global) for n in g.names}
    found = []
    for one in (inner for part in node.body for inner in ast.walk(part)):
        if (
            isinstance(one, ast.Name)
            and isinstance(one.ctx, ast.Store)
            and one.id in shared & asked
        ):
            found.append(one.id)
        elif (
            isinstance(one, ast.Subscript)
            and isinstance(one.ctx, ast.Store)
            and isinstance(one.value, ast.Name)
            and one.value.id in asked
        ):
            found.append(one.value.id)
    return list(dict.fromkeys(found))


def _once(source: Source, node: ast.If, name: str) -> Mutation | None:
    place = next((one for one in source.tree.body if name in _assigned(one)), None)
    own = statement_lines(source, place) if place else None
    guarded = any(isinstance(one, ast.With) for one in source.ancestors(node))
    block = next(b for b in blocks(source.tree) if node in b)
    after = block[block.index(node) + 1 :][:1]
    span = [node, *(one for one in after if isinstance(one, ast.Return))]
    lock = f"_{name.strip('_').lower()}_lock"
    inside = indented(source, span, f"with {lock}:")
    if own is None or guarded or not inside or lock in source.text:
        return None
    names = {one.name for one in source.tree.body if isinstance(one, FunctionNode)}
    again = any(called(one) in names for one in ast.walk(node))
    new = f"{lock} = threading.{'RLock' if again else 'Lock'}(){source.newline}"
    edits = (*inside, Edit(own[1], own[1], new), *with_import(source, "threading"))
    why = f"Two threads could both find `{name}` empty and fill it; a lock lets one of them"
    return Mutation(edits, node.lineno, "fill-once", 1.9, why)


def _assigned(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {one.id for one in targets if isinstance(one, ast.Name)}


def told_too_early(sources: Mapping[str, Source]) -> _Found:
    """`event.set()` before the attributes that others then read: it goes behind them."""
    for path, source in sources.items():
        events = _made(source, ("Event",))
        for block in blocks(source.tree):
            for index, node in enumerate(block):
                if _tells(node, events) and (made := _later(source, block[index:])):
                    yield path, made


def _tells(node: ast.stmt, events: set[str]) -> bool:
    if not isinstance(node, ast.Expr) or called(node.value) != "set":
        return False
    call = node.value
    assert isinstance(call, ast.Call)  # noqa: S101 - it has a name that it calls
    return (
        not call.args and isinstance(call.func, ast.Attribute) and dotted(call.func.value) in events
    )


def _made(source: Source, kinds: tuple[str, ...]) -> set[str]:
    """'self.ready', 'done': what is assigned a new object of one of these kinds."""
    return {
        dotted(node.targets[0])
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign) and called(node.value) in kinds
    }


def _later(source: Source, rest: list[ast.stmt]) -> Mutation | None:
    stores = [
        one for one in rest[1:] if isinstance(one, (ast.Assign, ast.AugAssign, ast.AnnAssign))
    ]
    shared = [one for one in stores if any(isinstance(t, ast.Attribute) for t in _targets(one))]
    edits = moved_behind(source, rest[0], shared[-1]) if shared else ()
    if not edits:
        return None
    names = ", ".join(dict.fromkeys(dotted(t) for one in shared for t in _targets(one)))
    what = source.segment(rest[0])
    why = f"`{what}` let others go on before {names} had a value; it now comes after"
    return Mutation(edits, rest[0].lineno, "tell-when-ready", 1.9, why)


def _targets(node: ast.stmt) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
