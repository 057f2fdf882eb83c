"""Fixers for what was removed or moved in the standard library and in NumPy."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from improve.records import Failure
from improve.repair.localise import Suspect
from improve.repair.mutation import Mutation, insert, replace
from improve.repair.source import Edit, Source, statement_lines
from improve.repair.tables import MOVED_MODULES, MOVED_NAMES, RENAMED_ATTRIBUTES


def moved(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> Iterator[tuple[str, Mutation]]:
    """Names of the tables, where the error says that something could not be found."""
    signs = ("has no attribute", "cannot import name", "No module named")
    if not any(sign in text for sign in signs):
        return
    for path, source in sources.items():
        aliases = _aliases(source)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((path, m) for m in _imported(source, node))
            elif isinstance(node, ast.Import):
                yield from ((path, m) for m in _module(source, node))
            elif isinstance(node, ast.Attribute):
                yield from ((path, m) for m in _attribute(source, node, aliases, text))


def _aliases(source: Source) -> dict[str, str]:
    """Local name -> module, of plain imports."""
    found: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found.update({(a.asname or a.name): a.name for a in node.names})
    return found


def _imported(source: Source, node: ast.ImportFrom) -> Iterator[Mutation]:
    module = node.module or ""
    if module in MOVED_MODULES:
        text = source.segment(node).replace(module, MOVED_MODULES[module], 1)
        yield replace(source, node, text, "moved-module", 1.9)
    places = {a: MOVED_NAMES.get((module, a.name)) for a in node.names}
    if not any(places.values()):
        return
    lines: dict[str, list[str]] = {}
    for alias, place in places.items():
        target, name = place or (module, alias.name)
        wanted = alias.asname or alias.name
        if target == "builtins":
            continue
        spelled = name if name == wanted else f"{name} as {wanted}"
        lines.setdefault(target, []).append(spelled)
    indent = source.indent(node.lineno)
    made = [f"from {target} import {', '.join(names)}" for target, names in lines.items()]
    joint = source.newline + indent
    text = joint.join(made) or "pass"
    yield replace(source, node, text, "moved-name", 1.95)


def _module(source: Source, node: ast.Import) -> Iterator[Mutation]:
    for alias in node.names:
        new = MOVED_MODULES.get(alias.name)
        if new:
            spelled = f"{new} as {alias.asname or alias.name.replace('.', '_')}"
            yield replace(source, alias, spelled, "moved-module", 1.8)


def _attribute(
    source: Source, node: ast.Attribute, aliases: Mapping[str, str], text: str
) -> Iterator[Mutation]:
    module = aliases.get(source.segment(node.value), "")
    place = MOVED_NAMES.get((module, node.attr))
    if place:
        target, name = place
        if target == "builtins":
            yield replace(source, node, name, "moved-name", 1.95)
        elif target == module:
            spelled = f"{source.segment(node.value)}.{name}"
            yield replace(source, node, spelled, "moved-name", 1.95)
        else:
            yield _imported_there(source, node, target, name)
    elif f"'{node.attr}'" in text and node.attr in RENAMED_ATTRIBUTES:
        spelled = f"{source.segment(node.value)}.{RENAMED_ATTRIBUTES[node.attr]}"
        yield replace(source, node, spelled, "removed-method", 1.85)


def _imported_there(source: Source, node: ast.Attribute, target: str, name: str) -> Mutation:
    """`collections.Mapping` -> `collections.abc.Mapping`, with the import that it needs."""
    first = next(n for n in ast.walk(source.tree) if isinstance(n, ast.Import))
    span = statement_lines(source, first)
    at = span[1] if span else source.span(first)[1]
    line = f"{source.indent(first.lineno)}import {target}{source.newline}"
    added = insert(source, at, line, first.lineno, "moved-name", 1.95, "")
    own = Edit(*source.span(node), f"{target}.{name}")
    why = f"`{source.segment(node)}` has moved to `{target}.{name}`"
    return Mutation((*added.edits, own), node.lineno, "moved-name", 1.95, why)
