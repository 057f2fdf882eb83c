"""A fixer for weak references: what must stay until it is taken out is held by a strong one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import called, dotted
from improve.repair.imports import without_import
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source

WEAK = {"WeakSet": "set()", "WeakValueDictionary": "{}"}
TAKES_OUT = ("pop", "remove", "discard", "clear")


def lost_reference(sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """A weak collection whose members are also taken out by hand: it holds them until then."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            kind = called(node)
            parent = source.parents.get(node)
            if (
                kind not in WEAK
                or not isinstance(parent, ast.Assign)
                or not _emptied(source, parent)
            ):
                continue
            assert isinstance(node, ast.Call)  # noqa: S101 - it has a name that it calls
            unused = "weakref" if dotted(node.func).startswith("weakref.") else kind
            edits = (Edit(*source.span(node), WEAK[kind]), *without_import(source, unused, [node]))
            what = dotted(parent.targets[0])
            why = f"nothing but the collector's delay kept the members of `{what}` alive"
            yield path, Mutation(edits, node.lineno, "keep-reference", 1.8, why)


def _emptied(source: Source, made: ast.Assign) -> bool:
    what = dotted(made.targets[0])
    for one in ast.walk(source.tree):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            if one.func.attr in TAKES_OUT and dotted(one.func.value) == what:
                return True
        elif isinstance(one, ast.Delete):
            subscripts = (t for t in one.targets if isinstance(t, ast.Subscript))
            if any(dotted(t.value) == what for t in subscripts):
                return True
    return False
