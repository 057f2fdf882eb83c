"""A file of the target as units (top-level statements), and where its imports lead."""

from __future__ import annotations

import ast
import posixpath
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from improve.cut.model import CannotCut, Read
from improve.cut.names import bound_names
from improve.cut.source import Edit, Text, normalised

_TEST_FOLDER = re.compile(r"(?:unit|integration|functional)?[_-]?tests?", re.IGNORECASE)


@dataclass(frozen=True)
class Unit:
    """A top-level statement: its place in the file and the names that it binds."""

    index: int
    node: ast.stmt
    first: int
    last: int
    binds: frozenset[str]

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, (ast.Import, ast.ImportFrom))


@dataclass
class Module:
    """A parsed file of the target; ``edits`` are what the cut changes inside its units."""

    path: str
    text: Text
    units: list[Unit]
    edits: list[Edit] = field(default_factory=list)

    def source_of(self, unit: Unit, more: tuple[Edit, ...] = ()) -> str:
        start, end = self.text.offset(unit.first), self.text.offset(unit.last + 1)
        return self.text.render(start, end, (*self.edits, *more)).rstrip()

    def render(self, node: ast.expr) -> str:
        return self.text.render(*self.text.span(node), self.edits)

    @cached_property
    def _binders(self) -> dict[str, list[Unit]]:
        binders: dict[str, list[Unit]] = {}
        for unit in self.units:
            for name in unit.binds:
                binders.setdefault(name, []).append(unit)
        return binders

    def binders(self, name: str) -> list[Unit]:
        """Units that bind a name; of plain redefinitions only the last counts."""
        units = self._binders.get(name, [])
        last = units[-1] if units else None
        if last and isinstance(last.node, (ast.FunctionDef, ast.ClassDef)):
            others = [u for u in units if not isinstance(u.node, (ast.FunctionDef, ast.ClassDef))]
            if not others and not last.node.decorator_list:
                return [last]
        return units

    def definition(self, name: str) -> ast.stmt | None:
        """The one statement that binds ``name``, None when there are none or several."""
        units = self.binders(name)
        return units[0].node if len(units) == 1 else None


def load(path: str, read: Read) -> Module | None:
    """Parse a file of the tree; None when there is none, CannotCut when Python cannot."""
    source = read(path)
    if source is None:
        return None
    try:
        text, units = _parsed(normalised(source))
    except (SyntaxError, ValueError, RecursionError) as error:
        raise CannotCut(f"{path} cannot be parsed: {error}") from error
    return Module(path, text, units)


@lru_cache(maxsize=64)
def _parsed(source: str) -> tuple[Text, list[Unit]]:
    # One cut reads a file several times, once for each style; the parse is what costs.
    text = Text(source)
    return text, _units(ast.parse(source).body, text)


def _units(body: list[ast.stmt], text: Text) -> list[Unit]:
    units: list[Unit] = []
    for node, (first, last) in zip(body, text.body_spans(body), strict=True):
        if units and first <= units[-1].last:
            raise CannotCut(f"two statements share line {first}")
        source = text.render(text.offset(first), text.offset(last + 1))
        units.append(Unit(len(units), node, first, last, bound_names(source)))
    return units


def base_folder(path: str, read: Read) -> str:
    """The folder that pytest puts on ``sys.path`` for a file: the first without __init__.py."""
    folder = posixpath.dirname(path)
    while folder and read(f"{folder}/__init__.py") is not None:
        folder = posixpath.dirname(folder)
    return folder


def package_of(path: str, read: Read) -> str:
    """Dotted package of a file ('' when it lies in none)."""
    folder, base = posixpath.dirname(path), base_folder(path, read)
    return folder[len(base) :].strip("/").replace("/", ".")


def absolute_name(node: ast.ImportFrom, path: str, read: Read) -> str:
    """The absolute module of a ``from`` import; CannotCut when it leaves its package."""
    if not node.level:
        return node.module or ""
    parts = package_of(path, read).split(".")
    if node.level > len(parts) or not parts[0]:
        raise CannotCut(f"{path} imports from outside its package")
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def find_module(name: str, path: str, read: Read) -> str | None:
    """The tree's file behind a dotted name, as seen from ``path``; None when it is elsewhere."""
    roots = dict.fromkeys([base_folder(path, read), ""])
    for root in roots:
        stem = posixpath.join(root, name.replace(".", "/"))
        for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
            if read(candidate) is not None:
                return candidate
    return None


def is_support(path: str, test_path: str) -> bool:
    """Is a file part of the tests (it may be copied), or of the product (never)?"""
    folder = test_folder(test_path)
    if folder:
        return path.startswith(folder + "/")
    name = posixpath.basename(path)
    same = posixpath.dirname(path) == posixpath.dirname(test_path)
    return same and (name.startswith("test") or name == "conftest.py")


def test_folder(path: str) -> str:
    """The outermost folder above ``path`` that is named like a folder of tests, or ''."""
    parts = posixpath.dirname(path).split("/")
    for count, part in enumerate(parts, 1):
        if _TEST_FOLDER.fullmatch(part) or (count == 1 and part == "testing"):
            return "/".join(parts[:count])
    return ""
