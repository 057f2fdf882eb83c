"""From the ``[...]`` of a node id to the one parameter set that failed."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from improve.cut.fixtures import fixture_decorator, fixture_name, keyword_of
from improve.cut.idents import Lookup, Part, entry_parts, given_ids, numbered
from improve.cut.marks import mark_name
from improve.cut.modules import Module
from improve.cut.source import Edit, dotted

_STEPS = 20_000  # positions looked at while matching one id; hostile ids end here
Pick = tuple["Dimension", int]


@dataclass(frozen=True, eq=False)
class Dimension:
    """One ``parametrize`` mark or one fixture's ``params``, with its parameter sets.

    ``entries`` is None when they cannot be told from the source (a call, a comprehension).
    """

    module: Module
    call: ast.Call
    values: ast.expr
    names: tuple[str, ...]
    indirect: bool
    entries: tuple[ast.expr, ...] | None
    parts: tuple[tuple[Part, ...], ...] = ()


def mark_dimension(module: Module, node: ast.expr, lookup: Lookup) -> Dimension | None:
    """The dimension that a decorator adds; a name is followed to the mark it stands for."""
    if isinstance(node, ast.Name):
        target = lookup(node.id)
        node = target.value if isinstance(target, ast.Assign) else node
    if not isinstance(node, ast.Call) or mark_name(node) != "parametrize":
        return None
    names_node = node.args[0] if node.args else keyword_of(node, "argnames")
    values = node.args[1] if len(node.args) > 1 else keyword_of(node, "argvalues")
    if names_node is None or values is None:
        return None
    names = _names(names_node)
    indirect = keyword_of(node, "indirect")
    entries = _entries(values, lookup) if names else None
    return Dimension(
        module, node, values, names, indirect is not None, entries,
        _parts(node, names, entries, lookup),
    )  # fmt: skip


def fixture_dimension(module: Module, stmt: ast.stmt) -> Dimension | None:
    """The dimension that a fixture with ``params=`` adds."""
    call, name = fixture_decorator(stmt), fixture_name(stmt)
    values = keyword_of(call, "params")
    if not isinstance(call, ast.Call) or values is None or name is None:
        return None
    entries = _entries(values, module.definition)
    parts = _parts(call, (name,), entries, module.definition)
    return Dimension(module, call, values, (name,), True, entries, parts)


def _names(node: ast.expr) -> tuple[str, ...]:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return ()
    if isinstance(value, str):
        return tuple(n.strip() for n in value.split(",") if n.strip())
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


def _entries(values: ast.expr, lookup: Lookup, depth: int = 4) -> tuple[ast.expr, ...] | None:
    """The parameter sets as written, through names, ``+``, ``*rest`` and ``list(...)``."""
    if depth == 0:
        return None
    if isinstance(values, ast.Name):
        target = lookup(values.id)
        known = target.value if isinstance(target, (ast.Assign, ast.AnnAssign)) else None
        return _entries(known, lookup, depth - 1) if known else None
    if isinstance(values, ast.BinOp) and isinstance(values.op, ast.Add):
        left = _entries(values.left, lookup, depth - 1)
        right = _entries(values.right, lookup, depth - 1)
        return None if left is None or right is None else left + right
    if isinstance(values, ast.Call) and dotted(values.func) in ("list", "tuple"):
        one = len(values.args) == 1 and not values.keywords
        return _entries(values.args[0], lookup, depth - 1) if one else None
    if not isinstance(values, (ast.List, ast.Tuple)) or not values.elts:
        return None
    found: list[ast.expr] = []
    for element in values.elts:
        starred = isinstance(element, ast.Starred)
        more = _entries(element.value, lookup, depth - 1) if starred else (element,)  # type: ignore[attr-defined]
        if more is None:
            return None
        found += more
    return tuple(found)


def _parts(
    call: ast.Call, names: tuple[str, ...], entries: tuple[ast.expr, ...] | None, lookup: Lookup
) -> tuple[tuple[Part, ...], ...]:
    if entries is None:
        return ()
    given = given_ids(keyword_of(call, "ids"), len(entries), lookup)
    parts = [
        entry_parts(entry, list(names), i, given[i], lookup) for i, entry in enumerate(entries)
    ]
    return tuple(numbered(parts))


def matches(
    param: str, marks: Sequence[Dimension], fixtures: Sequence[Dimension], limit: int = 4
) -> list[list[Pick]]:
    """The parameter sets that an id may mean, surest first.

    The order in which pytest joins ids depends on the fixture closure, and plugins may add
    parts of their own at either end; so every order is tried, the plain ones first.
    """
    found: list[tuple[int, list[Pick]]] = []
    marks = list(marks)
    steps = itertools.count()
    for order in itertools.islice(itertools.permutations(fixtures), 24):
        for dimensions in ([*order, *marks], [*marks, *order]):
            found += _search(param, dimensions, 0, steps)
        if any(cost == 0 for cost, _ in found):
            break
    if not found and marks:
        for cut in [i + 1 for i, c in enumerate(param) if c == "-"][:8]:
            for rest in (param[cut:], param[: cut - 1]):
                found += [(cost + 5, picks) for cost, picks in _search(rest, marks, 0, steps)]
    unique: dict[tuple[tuple[int, int], ...], list[Pick]] = {}
    for _, picks in sorted(found, key=lambda f: f[0]):
        key = tuple(sorted((id(d), i) for d, i in picks))
        unique.setdefault(key, picks)
    return list(unique.values())[:limit]


def _search(
    text: str, dimensions: Sequence[Dimension], at: int, steps: Iterator[int]
) -> list[tuple[int, list[Pick]]]:
    if not dimensions:
        return [(0, [])] if at == len(text) + 1 else []
    head, rest = dimensions[0], dimensions[1:]
    found: list[tuple[int, list[Pick]]] = []
    options: list[tuple[int | None, tuple[Part, ...]]] = list(enumerate(head.parts))
    if head.entries is None:
        options = [(None, (Part(frozenset(), True),))]
    for index, parts in options:
        for end, cost in _ends(text, parts, at).items():
            if next(steps) > _STEPS:
                return found
            for more, picks in _search(text, rest, end, steps):
                pick = [] if index is None else [(head, index)]
                found.append((cost + more, [*pick, *picks]))
    return found


def _ends(text: str, parts: tuple[Part, ...], at: int) -> dict[int, int]:
    """Where a parameter set's id may end (just past the joining '-'), with its looseness."""
    positions = {at: 0}
    for part in parts:
        following: dict[int, int] = {}
        for start, cost in positions.items():
            for option in part.texts:
                end = start + len(option)
                if text.startswith(option, start) and text[end : end + 1] in ("", "-"):
                    following[end + 1] = min(cost, following.get(end + 1, cost))
            if part.loose:
                for end in range(start, len(text) + 1):
                    if text[end : end + 1] in ("", "-"):
                        following.setdefault(end + 1, cost + 1)
        positions = following
    return positions


def pick_edits(pick: Pick, source: Module) -> list[Edit]:
    """Edits that leave one parameter set; ``source`` is the module that the sets stand in."""
    dimension, index = pick
    text = dimension.module.text
    entry = source.render((dimension.entries or ())[index])
    edits = [Edit(*text.span(dimension.values), f"[{entry}]")]
    ids = next((k for k in dimension.call.keywords if k.arg == "ids"), None)
    if ids is not None:
        everything = [*dimension.call.args, *(k.value for k in dimension.call.keywords)]
        before = [text.span(n)[1] for n in everything if text.span(n)[1] < text.span(ids)[0]]
        if before:
            edits.append(Edit(max(before), text.span(ids)[1], ""))
    return edits
