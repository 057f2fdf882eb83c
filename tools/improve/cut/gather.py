"""The closure: from a test to every unit of source that it needs, over several files."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from improve.cut import fixtures as fx
from improve.cut.classes import (
    TestClass,
    deletions,
    find_fixture_member,
    is_test,
    keep_mentioned,
)
from improve.cut.marks import fixtures_asked_for
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
from improve.cut.names import free_names, mentioned_members, strings_in
from improve.cut.source import DEFINITIONS, Edit, Function

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


def need_fixture(g: Gathering, name: str, asking: str) -> None:
    """Keep the fixture that answers to ``name`` as seen from the test; none: a plugin's."""
    member = find_fixture_member(g.chain, name)
    if member and not (asking == name and member[1] in member[0].keep):
        member[0].keep.add(member[1])
        return
    places = [g.test, *g.plugins] if g.style.plugin else [g.test, *g.conftests, *g.plugins]
    for module in places:
        unit = fx.find_fixture(module, name)
        if unit is None:
            continue
        if asking == name and unit.index in g.kept.get(module.path, ()):
            continue  # it extends its namesake further out
        if unit.is_import:
            need(g, module, name)
        else:
            g.keep(module, unit)
        return


def close(g: Gathering) -> None:
    """Add what the kept units need until nothing is missing."""
    size = -1
    while size != g.size():
        size = g.size()
        mentioned: set[str] = set()
        for module, unit in list(g.units()):
            text = g.text(module, unit)
            for name in sorted(free_names(text)):
                need(g, module, name)
            mentioned |= mentioned_members(text)
            if "__name__" in text:  # e.g. __name__ + ".helper", looked up by the product
                for name in strings_in(text):
                    if module.binders(name.lstrip(".")):
                        need(g, module, name.lstrip("."))
            for name, asking in _requests_of(text):
                need_fixture(g, name, asking)
        for link in g.chain:
            keep_mentioned(link, frozenset(mentioned))
        _keep_effects(g)


@lru_cache(maxsize=1024)
def _requests_of(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_requests(ast.parse(text).body))


def _requests(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    """(fixture name, name of the fixture that asks) for each request of kept code."""
    for stmt in body:
        if isinstance(stmt, Function):
            name = fx.fixture_name(stmt)
            if name is not None or is_test(stmt) or stmt.name.startswith(("setup", "teardown")):
                yield from ((r, name or "") for r in sorted(fx.requests(stmt)))
        elif isinstance(stmt, ast.ClassDef):
            yield from _requests(stmt.body)
            for decorator in stmt.decorator_list:
                yield from ((r, "") for r in sorted(fixtures_asked_for(decorator)))
        else:
            yield from ((r, "") for r in sorted(fixtures_asked_for(stmt)))


def _keep_effects(g: Gathering) -> None:
    """Keep statements that bind nothing but change what is kept, or the process.

    ``REGISTRY.append(x)``, ``@app.route(...)``, ``sys.path.insert(...)``, ``importorskip``.
    """
    for path in [g.node.path, *(c.path for c in g.conftests), *g.kept]:
        module = g.module(path)
        if module is None or (g.style.plugin and module in g.conftests):
            continue
        for unit in module.units:
            if unit.index not in g.kept.get(path, ()) and _matters(g, module, unit):
                g.keep(module, unit)


def _matters(g: Gathering, module: Module, unit: Unit) -> bool:
    node = unit.node
    if isinstance(node, DEFINITIONS):
        if is_test(node) or fx.fixture_name(node) or not node.decorator_list:
            return False
        names = {n.id for d in node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Name)}
        return any(_kept_locally(g, module, n) for n in names)
    if unit.is_import or unit.binds or _is_inert(node):
        return False
    if g.style.again:
        return True
    names = set(free_names(module.source_of(unit))) - set(dir(builtins))
    local = {n for n in names if any(not u.is_import for u in module.binders(n))}
    if not local:
        return module.path == g.node.path or module in g.conftests
    return any(_kept_locally(g, module, name) for name in local)


def _kept_locally(g: Gathering, module: Module, name: str) -> bool:
    kept = g.kept.get(module.path, set())
    return any(u.index in kept for u in module.binders(name) if not u.is_import)


def _is_inert(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        test = node.test
        left = test.left if isinstance(test, ast.Compare) else test
        return isinstance(left, (ast.Name, ast.Attribute)) and (
            ast.unparse(left) in ("__name__", "TYPE_CHECKING", "typing.TYPE_CHECKING")
        )
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


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
