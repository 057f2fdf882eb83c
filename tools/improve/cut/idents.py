"""What pytest calls a parameter set: ids as far as they can be told from source alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from improve.cut.source import DEFINITIONS, dotted

Lookup = Callable[[str], "ast.stmt | None"]
"""Gives the one statement that binds a name where the parameters are written."""


class Part(NamedTuple):
    """The id of one value: these texts, or (``loose``) anything at all."""

    texts: frozenset[str]
    loose: bool


LOOSE = Part(frozenset(), True)
BY_VALUE = Part(frozenset(), False)  # ``ids=`` is a function, asked for each value


def value_part(node: ast.expr, fallback: str, lookup: Lookup, depth: int = 2) -> Part:
    """The id of one value; ``fallback`` is pytest's name for what has no text of its own."""
    try:
        return Part(frozenset([_constant(ast.literal_eval(node), fallback)]), False)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        pass
    if isinstance(node, ast.Lambda):
        return Part(frozenset(["<lambda>", fallback]), False)
    if isinstance(node, (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp)):
        return Part(frozenset([fallback]), False)
    if isinstance(node, ast.Name):
        target = lookup(node.id)
        if isinstance(target, (ast.Assign, ast.AnnAssign)) and target.value and depth:
            return value_part(target.value, fallback, lookup, depth - 1)
        own = isinstance(target, DEFINITIONS)
        return Part(frozenset([node.id, fallback]), not own)
    if isinstance(node, ast.Attribute):
        names = dotted(node).split(".")
        return Part(frozenset([node.attr, ".".join(names[-2:]), fallback]), True)
    return Part(frozenset([fallback]), True)


def _constant(value: object, fallback: str) -> str:
    """As pytest's ``IdMaker``: texts are escaped to ASCII, scalars are their ``str``."""
    if isinstance(value, str):
        return value.encode("unicode_escape").decode("ascii")
    if isinstance(value, bytes):
        return repr(value)[2:-1]
    if value is None or isinstance(value, (bool, int, float, complex)):
        return str(value)
    return fallback


def param_call(node: ast.expr) -> ast.Call | None:
    """The node itself when it is a ``pytest.param(...)``."""
    if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "param":
        return node
    return None


def entry_parts(
    node: ast.expr, names: list[str], index: int, given: Part | None, lookup: Lookup
) -> tuple[Part, ...]:
    """Id parts of one parameter set; ``given`` is what ``ids=`` says of it."""
    call = param_call(node)
    own = next((k.value for k in call.keywords if k.arg == "id"), None) if call else None
    if isinstance(own, ast.Constant) and isinstance(own.value, str):
        return (Part(frozenset([_constant(own.value, "")]), False),)
    if own is not None and not (isinstance(own, ast.Constant) and own.value is None):
        return (LOOSE,)
    if given is not None and given is not BY_VALUE:
        return (given,)
    if call:
        values = call.args
    elif len(names) == 1:
        values = [node]
    elif isinstance(node, (ast.Tuple, ast.List)):
        values = node.elts
    else:
        return (LOOSE,)
    if len(values) != len(names) or any(isinstance(v, ast.Starred) for v in values):
        return (LOOSE,)
    parts = [
        value_part(value, f"{name}{index}", lookup)
        for value, name in zip(values, names, strict=True)
    ]
    return tuple(Part(p.texts, True) if given is BY_VALUE else p for p in parts)


def given_ids(node: ast.expr | None, count: int, lookup: Lookup) -> list[Part | None]:
    """What ``ids=`` says of each of ``count`` parameter sets; None: pytest's own id."""
    if isinstance(node, ast.Name):
        target = lookup(node.id)
        node = target.value if isinstance(target, ast.Assign) else node
    if node is None or (isinstance(node, ast.Constant) and node.value is None):
        return [None] * count
    if isinstance(node, (ast.Name, ast.Lambda, ast.Attribute)):
        return [BY_VALUE] * count
    if not isinstance(node, (ast.List, ast.Tuple)) or len(node.elts) != count:
        return [LOOSE] * count
    found: list[Part | None] = []
    for element in node.elts:
        if isinstance(element, ast.Constant):
            text = _constant(element.value, "")
            found.append(None if element.value is None else Part(frozenset([text]), False))
        else:
            found.append(LOOSE)
    return found


def numbered(entries: list[tuple[Part, ...]]) -> list[tuple[Part, ...]]:
    """pytest numbers equal ids (``a0``, ``a1``; ``a1_0`` after a digit): allow for that."""
    seen: dict[tuple[Part, ...], int] = {}
    out = []
    for entry in entries:
        count = seen.get(entry, 0)
        seen[entry] = count + 1
        if entries.count(entry) > 1:
            last = entry[-1]
            texts = {f"{t}{count}" for t in last.texts} | {f"{t}_{count}" for t in last.texts}
            entry = (*entry[:-1], Part(frozenset(texts), last.loose))
        out.append(entry)
    return out
