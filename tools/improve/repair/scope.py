"""Which names may stand at a place: what variable and attribute replacement choose from."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from improve.repair.source import FunctionNode, Source


def bound_names(node: ast.AST) -> tuple[str, ...]:
    """Names that a function (or module) binds itself, in order, not those of inner scopes."""
    names: dict[str, None] = {}
    if isinstance(node, FunctionNode):
        args = node.args
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg]
        names.update((a.arg, None) for a in every if a is not None)
    for inner in _own_nodes(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names[inner.id] = None
        elif isinstance(inner, (FunctionNode, ast.ClassDef)):
            names[inner.name] = None
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            names.update(((a.asname or a.name.split(".")[0]), None) for a in inner.names)
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            names[inner.name] = None
    return tuple(n for n in names if n != "*")


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    queue = list(getattr(node, "body", []))
    while queue:
        inner = queue.pop(0)
        yield inner
        if not isinstance(inner, (FunctionNode, ast.ClassDef, ast.Lambda)):
            queue.extend(ast.iter_child_nodes(inner))


@lru_cache(maxsize=256)
def _names_cached(source: Source, holder: ast.AST) -> tuple[str, ...]:
    return bound_names(holder)


def local_names(source: Source, node: ast.AST) -> tuple[str, ...]:
    """Names bound by the functions around a node, innermost first."""
    holders = [node, *source.ancestors(node)]
    found: dict[str, None] = {}
    for holder in holders:
        if isinstance(holder, FunctionNode):
            found.update((n, None) for n in _names_cached(source, holder))
        elif isinstance(holder, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for part in holder.generators:
                targets = [n.id for n in ast.walk(part.target) if isinstance(n, ast.Name)]
                found.update((n, None) for n in targets)
    return tuple(found)


def module_names(source: Source) -> tuple[str, ...]:
    """Names bound at the top of the file."""
    return _names_cached(source, source.tree)


@lru_cache(maxsize=256)
def members(source: Source, holder: ast.ClassDef) -> tuple[str, ...]:
    """Methods, class attributes and ``self.x`` attributes of a class."""
    found = dict.fromkeys(bound_names(holder))
    for node in ast.walk(holder):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("self", "cls")
        ):
            found[node.attr] = None
    return tuple(found)


@lru_cache(maxsize=256)
def attributes_on(source: Source, base: str) -> tuple[str, ...]:
    """Attribute names that the file uses on expressions spelled ``base``."""
    found: dict[str, None] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and source.segment(node.value) == base:
            found[node.attr] = None
    return tuple(found)


def by_likeness(name: str, choices: Iterable[str]) -> list[str]:
    """Choices without ``name`` itself, the most similar spelling first."""
    pool = [c for c in dict.fromkeys(choices) if c != name]
    return sorted(pool, key=lambda c: -likeness(name, c))


def likeness(one: str, two: str) -> float:
    """How alike two names are spelled, 0 to 1."""
    return difflib.SequenceMatcher(None, one, two).ratio()
