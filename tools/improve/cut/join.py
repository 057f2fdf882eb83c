"""Several cut tests in one file, in their order: what only fails in company needs its company.

What two of them share (an import, a helper, a module's state) stands there once, so that what one
test leaves behind is still what the next one finds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

from improve.cut.gather import TOP
from improve.cut.model import CannotCut, Cut
from improve.cut.source import DEFINITIONS


class Joined(NamedTuple):
    """One file, and what follows ``<file>::`` for each of the tests, in their order."""

    source: str
    suffixes: tuple[str, ...]


class _Part(NamedTuple):
    text: str
    node: ast.stmt


def join(cuts: Sequence[Cut]) -> Joined:
    """All cuts in one file. Raises: CannotCut when one name means different things in two."""
    source, first = cuts[0].source, cuts[0].node_id_suffix
    suffixes = [first]
    for cut in cuts[1:]:
        taken = {name for part in _parts(cut.source)[1] for name in _binds(part.node)}
        source, suffixes = _renamed(source, suffixes, taken, cut)
        source = _joined(source, cut.source)
        suffixes.append(cut.node_id_suffix)
    ast.parse(source)
    return Joined(source, tuple(suffixes))


def _parts(source: str) -> tuple[str, list[_Part]]:
    """The comment at the top, and every statement with the comments above it."""
    lines, body = source.splitlines(), ast.parse(source).body
    parts, last = [], 0
    for node in body:
        text = "\n".join(lines[last : node.end_lineno]).strip("\n")
        last = node.end_lineno or node.lineno
        parts.append(_Part(text, node))
    head = [line for line in lines[: _first_line(body)] if line.startswith("#")]
    if parts and head:
        rest = "\n".join(x for x in parts[0].text.splitlines() if x not in head)
        parts[0] = _Part(rest.strip("\n"), parts[0].node)
    return "\n".join(head), parts


def _first_line(body: Sequence[ast.stmt]) -> int:
    if not body:
        return 0
    marks: list[ast.expr] = getattr(body[0], "decorator_list", [])
    return min([body[0].lineno, *(one.lineno for one in marks)]) - 1


def _binds(node: ast.stmt) -> set[str]:
    if isinstance(node, DEFINITIONS):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(a.asname or a.name).partition(".")[0] for a in node.names}
    names = (one for one in ast.walk(node) if isinstance(one, ast.Name))
    return {one.id for one in names if isinstance(one.ctx, ast.Store)}


def _renamed(source: str, suffixes: list[str], taken: set[str], cut: Cut) -> tuple[str, list[str]]:
    """The tests before it get another name where the next one has theirs."""
    found = []
    for suffix in suffixes:
        name, rest = re.split(r"(?=\[)|$", suffix, maxsplit=1)
        clashes = suffix == cut.node_id_suffix or name in taken
        if not clashes or "::" in suffix:
            found.append(suffix)
            continue
        new = f"{name}_before"
        source = re.sub(rf"(?m)^((?:async )?def ){re.escape(name)}\(", rf"\g<1>{new}(", source)
        found.append(new + rest)
    return source, found


def _joined(one: str, other: str) -> str:
    head, parts = _parts(one)
    more, new = _parts(other)
    known = {ast.dump(part.node) for part in parts}
    bound = {name: ast.dump(part.node) for part in parts for name in _binds(part.node)}
    imports: list[_Part] = []
    rest: list[_Part] = []
    early = True
    for part in new:
        is_import = isinstance(part.node, (ast.Import, ast.ImportFrom))
        early = early and is_import
        names = _binds(part.node)
        if ast.dump(part.node) in known or (names == {TOP} and TOP in bound):
            continue
        if any(bound.get(n, ast.dump(part.node)) != ast.dump(part.node) for n in names):
            if not is_import:
                raise CannotCut(f"{sorted(names)[0]} means different things in the two tests")
            _same_imports(part.node, parts)
        (imports if early else rest).append(part)
    place = _behind_imports(parts)
    parts = [*parts[:place], *imports, *parts[place:], *rest]
    return _written("\n".join(dict.fromkeys([head, more])).strip("\n"), parts)


def _same_imports(node: ast.stmt, parts: Sequence[_Part]) -> None:
    """``from a import b`` beside ``from a import b, c`` is one and the same b."""
    said = {n: (origin, o) for part in parts for n, origin, o in _imported(part.node)}
    for name, origin, original in _imported(node):
        if said.get(name, (origin, original)) != (origin, original):
            raise CannotCut(f"{name} is imported from different places in the two tests")
    for part in parts:
        if not isinstance(part.node, (ast.Import, ast.ImportFrom)) and _binds(part.node) & _binds(
            node
        ):
            raise CannotCut("an import of the one test is a name of the other")


def _imported(node: ast.stmt) -> list[tuple[str, str, str]]:
    if isinstance(node, ast.ImportFrom):
        origin = "." * node.level + (node.module or "")
        return [(a.asname or a.name, origin, a.name) for a in node.names]
    if isinstance(node, ast.Import):
        return [
            ((a.asname or a.name).partition(".")[0], "", (a.asname and a.name) or "")
            for a in node.names
        ]
    return []


def _behind_imports(parts: Sequence[_Part]) -> int:
    for position, part in enumerate(parts):
        if not isinstance(part.node, (ast.Import, ast.ImportFrom)):
            return position
    return len(parts)


def _written(head: str, parts: Sequence[_Part]) -> str:
    out, previous = head, None
    for part in parts:
        defines = isinstance(part.node, DEFINITIONS) or isinstance(previous, DEFINITIONS)
        imports = isinstance(part.node, (ast.Import, ast.ImportFrom))
        was_import = isinstance(previous, (ast.Import, ast.ImportFrom))
        gap = "\n\n\n" if defines else "\n" if imports == was_import else "\n\n"
        out += ("\n\n" if previous is None and out else gap if out else "") + part.text
        previous = part.node
    return out + "\n"
