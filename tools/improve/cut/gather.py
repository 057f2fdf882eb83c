"""What is kept so far, and how a name leads to the units that bind it, over several files."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from improve.cut.classes import (
    TestClass,
    deletions,
)
from improve.cut.model import CannotCut, Node, Read, Style
from improve.cut.modules import (
    Module,
    Unit,
    absolute_name,
    base_folder,
    find_module,
    is_support,
    load,
    package_of,
)
from improve.cut.source import Edit

TOP = "REPOSITORY"


@dataclass
class Gathering:
    """What is kept so far. ``kept`` and ``imports`` are keyed by the path of a module."""

    node: Node
    read: Read
    style: Style
    edits: dict[str, list[Edit]]
    modules: dict[str, Module | None] = field(default_factory=dict)
    kept: dict[str, set[int]] = field(default_factory=dict)
    imports: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    inlined: dict[str, set[str]] = field(default_factory=dict)
    glue: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    chain: list[TestClass] = field(default_factory=list)
    conftests: list[Module] = field(default_factory=list)
    plugins: list[Module] = field(default_factory=list)
    plugin_imports: list[str] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    path_entries: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def module(self, path: str) -> Module | None:
        if path not in self.modules:
            module = load(path, self.read)
            if module:
                self.prepare(module)
            self.modules[path] = module
        return self.modules[path]

    def prepare(self, module: Module) -> None:
        """Put the edits in that hold for a module wherever its units end up."""
        self.modules[module.path] = module
        module.edits += self.edits.get(module.path, [])
        if not self.style.again:
            module.edits += _place_edits(module, self.read)

    @property
    def test(self) -> Module:
        module = self.module(self.node.path)
        if module is None:
            raise CannotCut(f"{self.node.path} is not in the tree")
        return module

    def units(self) -> Iterator[tuple[Module, Unit]]:
        """Kept units other than imports, in no special order."""
        for path, indexes in list(self.kept.items()):
            module = self.module(path)
            if module:
                for index in sorted(indexes):
                    yield module, module.units[index]

    def text(self, module: Module, unit: Unit) -> str:
        """A unit's source with the edits done and unneeded class members gone."""
        more = [e for link in self.chain if link.module is module for e in deletions(link)]
        return module.source_of(unit, tuple(more))

    def keep(self, module: Module, unit: Unit) -> None:
        self.kept.setdefault(module.path, set()).add(unit.index)

    def size(self) -> int:
        """Grows whenever anything was added: the loop's measure of being done."""
        members = sum(len(link.keep) for link in self.chain)
        return len(self.seen) + members + sum(map(len, self.kept.values()))


def need(g: Gathering, module: Module, name: str) -> None:
    """Keep what binds ``name`` in ``module``, following imports into support modules."""
    if (module.path, name) in g.seen:
        return
    units = module.binders(name)
    g.seen.add((module.path, name))
    for unit in units:
        if unit.is_import:
            _need_import(g, module, unit, name)
        else:
            g.keep(module, unit)
    if not units and not hasattr(builtins, name):
        _need_star(g, module, name)


def _need_import(g: Gathering, module: Module, unit: Unit, name: str) -> None:
    node = unit.node
    if isinstance(node, ast.ImportFrom):
        alias = next(a for a in node.names if name in (a.asname, a.name))
        source = absolute_name(node, module.path, g.read)
        inside = f"{source}.{alias.name}"
        if find_module(inside, module.path, g.read) is None:
            target = _support(g, source, module)
            if target and g.style.inline and target.binders(alias.name):
                _inline(g, module, target, alias.name, name)
                return
            inside = source
        _importable(g, inside, module)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            if name == (alias.asname or alias.name.partition(".")[0]):
                _importable(g, alias.name, module)
    g.imports.setdefault(module.path, {}).setdefault(unit.index, set()).add(name)


def _support(g: Gathering, name: str, module: Module) -> Module | None:
    path = find_module(name, module.path, g.read)
    return g.module(path) if path and is_support(path, g.node.path) else None


def _inline(g: Gathering, module: Module, target: Module, name: str, bound: str) -> None:
    need(g, target, name)
    g.inlined.setdefault(module.path, set()).add(target.path)
    if bound != name:
        g.glue.setdefault(target.path, set()).add((bound, name))


def _importable(g: Gathering, name: str, module: Module) -> None:
    """Note what a kept import of a support module asks of the tree and of ``sys.path``."""
    path = find_module(name, module.path, g.read)
    if path is None or not is_support(path, g.node.path):
        return
    g.needs.add(path)
    base = base_folder(module.path, g.read)
    if base and path.startswith(base + "/"):
        g.path_entries.add(base)


def _need_star(g: Gathering, module: Module, name: str) -> None:
    """A name that nothing binds may come from a ``from x import *``."""
    outside = []
    for unit in module.units:
        node = unit.node
        if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
            continue
        source = absolute_name(node, module.path, g.read)
        target = _support(g, source, module)
        if target and target.binders(name):
            if g.style.inline:
                _inline(g, module, target, name, name)
            else:
                _importable(g, source, module)
                g.imports.setdefault(module.path, {}).setdefault(unit.index, set()).add("*")
            return
        if target is None:
            outside.append(unit)
    for unit in outside:
        g.imports.setdefault(module.path, {}).setdefault(unit.index, set()).add("*")


def _place_edits(module: Module, read: Read) -> Iterator[Edit]:
    """``__file__`` and ``__package__`` keep meaning the original file."""
    for unit in module.units:
        source = module.source_of(unit)
        if "__file__" not in source and "__package__" not in source:
            continue
        for part in ast.walk(unit.node):
            if isinstance(part, ast.Name) and part.id in ("__file__", "__package__"):
                start, end = module.text.span(part)
                # Inside f-strings Python < 3.12 gives no usable place.
                if module.text.render(start, end) != part.id:
                    continue
                if part.id == "__file__":
                    yield Edit(start, end, f'str({TOP} / "{module.path}")')
                else:
                    yield Edit(start, end, repr(package_of(module.path, read)))
