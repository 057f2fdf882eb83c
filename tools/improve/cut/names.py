"""Which names a piece of source binds and which it takes from outside (``symtable`` knows)."""

from __future__ import annotations

import ast
import symtable
from functools import lru_cache

SPECIAL = frozenset({"__file__", "__package__", "__name__", "__doc__", "__spec__", "__loader__"})


@lru_cache(maxsize=4096)
def bound_names(text: str) -> frozenset[str]:
    """Names that running ``text`` at module level binds."""
    table = symtable.symtable(text, "<cut>", "exec")
    return frozenset(
        s.get_name()
        for s in table.get_symbols()
        if s.is_assigned() or s.is_imported() or s.is_namespace()
    )


@lru_cache(maxsize=4096)
def free_names(text: str) -> frozenset[str]:
    """Names that ``text`` reads from its module's globals, annotations included."""
    names: set[str] = set()
    tables = [symtable.symtable(text, "<cut>", "exec")]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        kind = table.get_type()
        for symbol in table.get_symbols():
            # In a class body a name can be read from the module before it is bound there.
            loose = str(kind) in ("module", "class") and symbol.is_referenced()
            if loose or symbol.is_global():
                names.add(symbol.get_name())
    return frozenset(names | _annotation_names(ast.parse(text)))


def _annotation_names(tree: ast.AST) -> set[str]:
    """Names in annotations: symtable skips them under ``from __future__ import annotations``,
    and those in quotes always, though pydantic and friends evaluate both."""
    found: set[str] = set()
    for node in ast.walk(tree):
        annotation = getattr(node, "annotation", None) or getattr(node, "returns", None)
        if not isinstance(annotation, ast.expr):
            continue
        for part in ast.walk(annotation):
            if isinstance(part, ast.Name):
                found.add(part.id)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                found |= _quoted_names(part.value)
    return found


def _quoted_names(text: str) -> set[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


@lru_cache(maxsize=4096)
def mentioned_members(text: str) -> frozenset[str]:
    """What could name a class member: ``x.member``, "member", or a name in a class body."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.Constant) and str(node.value).isidentifier():
            names.add(str(node.value))
    tables = [symtable.symtable(text, "<cut>", "exec")]
    while tables:
        table = tables.pop()
        tables.extend(table.get_children())
        if str(table.get_type()) == "class":
            names |= {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    return frozenset(names)


@lru_cache(maxsize=4096)
def strings_in(text: str) -> frozenset[str]:
    """Every string constant of a piece of source."""
    return frozenset(
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
