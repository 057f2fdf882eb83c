"""Fixers for orders that nobody promised: of a folder's files and of a set's members.

``os.listdir``, ``scandir`` and ``glob`` list "in arbitrary order" (their documentation), and sets
of strings have another order in each process (PYTHONHASHSEED).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import called, dotted
from improve.repair.mutation import Mutation, replace
from improve.repair.source import FunctionNode, Source

_Found = Iterator[tuple[str, Mutation]]
LISTINGS = {
    "os.listdir": "",
    "glob.glob": "",
    "glob.iglob": "",
    "os.scandir": ", key=lambda e: e.name",
}
PATH_LISTINGS = ("iterdir", "glob", "rglob")
ORDERLESS = {"sorted", "set", "frozenset", "len", "sum", "min", "max", "any", "all"}
KEEPS_ORDER = {"join", "list", "tuple", "enumerate", "iter", "map", "filter", "zip", "reversed"}
SETS = ("set", "frozenset")
SET_SIGNS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


def listings(sources: Mapping[str, Source]) -> _Found:
    """The files of a folder, sorted by their names."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            name, parent = dotted(node.func), source.parents.get(node)
            by_path = isinstance(node.func, ast.Attribute) and node.func.attr in PATH_LISTINGS
            known = by_path or name in LISTINGS
            if known and not isinstance(parent, ast.withitem) and called(parent) not in ORDERLESS:
                text = f"sorted({source.segment(node)}{LISTINGS.get(name, '')})"
                why = f"`{source.segment(node)}` lists in any order; sorted, it is always the same"
                yield path, replace(source, node, text, "sort-listing", 1.9, why)


def sets(sources: Mapping[str, Source]) -> _Found:
    """A set that is walked in an order that others see: sorted, or in the order of its making."""
    functions = {
        one.name for s in sources.values() for one in ast.walk(s.tree)
        if isinstance(one, FunctionNode) and _gives_a_set(one)
    }  # fmt: skip
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            for walked in _walked(source, node):
                if _is_set(walked, source, functions):
                    yield from ((path, one) for one in _ordered(source, walked))


def _walked(source: Source, node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.For):
        yield node.iter
    elif isinstance(node, (ast.ListComp, ast.DictComp, ast.GeneratorExp)):
        if called(source.parents.get(node)) not in ORDERLESS:
            yield node.generators[0].iter
    elif isinstance(node, ast.Call) and called(node) in KEEPS_ORDER:
        yield from () if called(source.parents.get(node)) in ORDERLESS else node.args


def _is_set(node: ast.expr, source: Source, functions: set[str]) -> bool:
    if isinstance(node, (ast.Set, ast.SetComp)):
        return True
    if isinstance(node, ast.Call):
        return called(node) in SETS or called(node) in functions
    if isinstance(node, ast.BinOp) and isinstance(node.op, SET_SIGNS):
        return _is_set(node.left, source, functions)
    holder = source.function_of(node)
    if not isinstance(node, ast.Name) or holder is None:
        return False
    given = [
        one.value for one in ast.walk(holder)
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        and one.targets[0].id == node.id
    ]  # fmt: skip
    return bool(given) and all(not _same(g, node) and _is_set(g, source, functions) for g in given)


def _same(one: ast.expr, other: ast.Name) -> bool:
    return any(isinstance(n, ast.Name) and n.id == other.id for n in ast.walk(one))


def _gives_a_set(node: FunctionNode) -> bool:
    given = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
    return bool(given) and all(
        isinstance(one, (ast.Set, ast.SetComp)) or called(one) in SETS for one in given
    )


def _ordered(source: Source, node: ast.expr) -> Iterator[Mutation]:
    own = source.segment(node)
    why = f"the set `{own}` has another order in each process; sorted, it is always the same"
    yield replace(source, node, f"sorted({own})", "sort-set", 1.9, why)
    if isinstance(node, ast.Call) and called(node) in SETS and len(node.args) == 1:
        text = f"dict.fromkeys({source.segment(node.args[0])})"
        told = f"`{own}` forgets the order in which things came; a dictionary's keys keep it"
        yield replace(source, node, text, "keep-order", 1.85, told)
