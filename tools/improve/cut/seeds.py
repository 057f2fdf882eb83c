"""Where the closure starts: the test itself, what pytest calls unasked, and its parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.cut import fixtures as fx
from improve.cut.classes import (
    TestClass,
    class_chain,
    find_member,
    is_docstring,
    is_test,
    keep_essential,
    member_indexes,
)
from improve.cut.closure import close
from improve.cut.gather import Gathering, need
from improve.cut.marks import drop_labels, pytestmark_values, strip_pytestmark
from improve.cut.model import CannotCut, Node, Read, Style
from improve.cut.modules import Module, absolute_name, base_folder, find_module, is_support
from improve.cut.names import strings_in
from improve.cut.params import Dimension, fixture_dimension, mark_dimension
from improve.cut.source import DEFINITIONS, Edit, Function


def gather(node: Node, read: Read, style: Style, edits: dict[str, list[Edit]]) -> Gathering:
    """Everything that the test needs; CannotCut when that cannot be told."""
    g = Gathering(node, read, style, edits)
    g.conftests = fx.conftests(node, read)
    for module in g.conftests:
        g.prepare(module)
    _load_plugins(g)
    if len(node.names) > 1:
        _seed_classes(g)
    else:
        _seed_function(g)
    for name in fx.MODULE_HOOKS:
        if any(not u.is_import for u in g.test.binders(name)):
            need(g, g.test, name)
    _seed_unasked(g)
    if style.whole:
        for unit in g.test.units:
            stmt = unit.node
            if not (unit.is_import or is_test(stmt) or is_docstring(stmt) or _is_main(stmt)):
                g.keep(g.test, unit)
    close(g)
    return g


def _load_plugins(g: Gathering) -> None:
    """In-tree modules named in ``pytest_plugins`` are searched; others are loaded again."""
    if g.style.plugin:
        for module in g.conftests:
            if base_folder(module.path, g.read) != "" and "/" not in module.path:
                raise CannotCut(f"{module.path} cannot be imported")
            g.plugin_imports.append(module.path.removesuffix(".py").replace("/", "."))
        return
    for name in fx.plugin_names([*g.conftests, g.test]):
        path = find_module(name, g.node.path, g.read)
        plugin = g.module(path) if path and is_support(path, g.node.path) else None
        if plugin:
            g.plugins.append(plugin)
        elif not g.test.binders("pytest_plugins"):
            g.plugin_imports.append(name)


def _seed_unasked(g: Gathering) -> None:
    """Autouse fixtures, and conftest hooks that make parameters."""
    places = [g.test] if g.style.plugin else [g.test, *g.conftests, *g.plugins]
    for module in places:
        for unit in module.units:
            if fx.is_autouse(unit.node):
                g.keep(module, unit)
        if module is not g.test and module.binders("pytest_generate_tests"):
            need(g, module, "pytest_generate_tests")


def _seed_function(g: Gathering) -> None:
    if not g.node.names:
        raise CannotCut("the node id names a file, not a test")
    name = g.node.names[0]
    if not g.test.binders(name):
        name = _generated_from(name, [n for u in g.test.units for n in u.binds]) or name
    before = len(g.kept) + len(g.imports)
    need(g, g.test, name)
    if len(g.kept) + len(g.imports) == before:
        raise CannotCut(f"{name} is not defined in {g.node.path}")


def _seed_classes(g: Gathering) -> None:
    module, classes = g.test, g.node.names[:-1]
    found = _find_class(g, module, classes[0])
    if found is None:
        raise CannotCut(f"class {classes[0]} is not defined in {g.node.path}")
    need(g, module, classes[0])
    module, node = found
    for inner in classes[1:]:
        index = member_indexes(node, inner)
        outer = TestClass(module, node, set(index))
        keep_essential(outer, g.style.whole)
        g.chain.append(outer)
        child = node.body[index[-1]] if index else None
        if not isinstance(child, ast.ClassDef):
            raise CannotCut(f"class {inner} is not defined in {node.name}")
        node = child
    chain = class_chain(module, node, lambda where, name: _find_class(g, where, name))
    name = g.node.names[-1]
    member = find_member(chain, name)
    if member is None:
        known = [s.name for c in chain for s in c.node.body if isinstance(s, Function)]
        member = find_member(chain, _generated_from(name, known) or "")
    if member is None:
        raise CannotCut(f"{name} is not defined in class {node.name}")
    for link in chain:
        keep_essential(link, g.style.whole)
    member[0].keep.add(member[1])
    g.chain += chain


def _find_class(g: Gathering, module: Module, name: str) -> tuple[Module, ast.ClassDef] | None:
    """The class behind a name; imports are followed into support modules that get copied."""
    units = module.binders(name)
    if len(units) != 1:
        return None
    node = units[0].node
    if isinstance(node, ast.ClassDef):
        return module, node
    if isinstance(node, ast.ImportFrom) and g.style.inline:
        alias = next(a for a in node.names if name in (a.asname, a.name))
        path = find_module(absolute_name(node, module.path, g.read), module.path, g.read)
        target = g.module(path) if path and is_support(path, g.node.path) else None
        return _find_class(g, target, alias.name) if target else None
    return None


def _generated_from(name: str, known: list[str]) -> str | None:
    """``parameterized`` and ``ddt`` make ``test_x_0_label`` out of ``test_x``."""
    prefixes = [k for k in known if k.startswith("test") and name.startswith(k + "_")]
    return max(prefixes, key=len, default=None)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def test_definitions(g: Gathering) -> list[tuple[Module, ast.stmt, ast.ClassDef | None]]:
    """The test function, then its classes, innermost first: the order of pytest's marks."""
    found: list[tuple[Module, ast.stmt, ast.ClassDef | None]] = []
    last = g.node.names[-1]
    for link in reversed(g.chain):
        for index in sorted(link.keep):
            stmt = link.node.body[index]
            if isinstance(stmt, Function) and (
                stmt.name == last or _generated_from(last, [stmt.name])
            ):
                found.append((link.module, stmt, link.node))
    found += [(link.module, link.node, None) for link in reversed(g.chain)]
    if not g.chain:
        for module, unit in g.units():
            if isinstance(unit.node, Function) and unit.node.name == last:
                found.append((module, unit.node, None))
    return found


def dimensions(g: Gathering) -> tuple[list[Dimension], list[Dimension]]:
    """(parametrize marks in pytest's order, fixtures with ``params``)."""
    marks: list[Dimension] = []
    for module, stmt, owner in test_definitions(g):
        if isinstance(stmt, DEFINITIONS):
            for decorator in reversed(stmt.decorator_list):
                found = mark_dimension(module, decorator, _lookup(module, owner))
                marks += [found] if found else []
    for unit in g.test.units:
        for value in pytestmark_values(unit.node):
            found = mark_dimension(g.test, value, g.test.definition)
            marks += [found] if found else []
    direct = {n for m in marks if not m.indirect for n in m.names}
    indirect = {n for m in marks if m.indirect for n in m.names}
    stmts = [(m, u.node) for m, u in g.units()]
    stmts += [(c.module, c.node.body[i]) for c in g.chain for i in c.keep]
    made = [fixture_dimension(m, s) for m, s in stmts]
    return marks, [d for d in made if d and not {*d.names} & (direct | indirect)]


def _lookup(module: Module, owner: ast.ClassDef | None):  # type: ignore[no-untyped-def]
    def lookup(name: str) -> ast.stmt | None:
        for stmt in owner.body if owner else []:
            if isinstance(stmt, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in stmt.targets
            ):
                return stmt
        return module.definition(name)

    return lookup


def label_edits(g: Gathering) -> Iterator[tuple[str, Edit, str]]:
    """(path, edit, what is dropped) for marks that only label the test."""
    texts = [g.text(m, u) for m, u in g.units() if m is not g.test or fx.fixture_name(u.node)]
    asked_for = frozenset(s for text in texts for s in strings_in(text))
    for module, stmt, _ in test_definitions(g):
        for edit, name in drop_labels(stmt, module.text, asked_for):
            yield module.path, edit, f"mark {name}"
    for unit in g.test.units:
        stripped = strip_pytestmark(unit.node, g.test.text, asked_for)
        if stripped:
            yield g.test.path, stripped, "labels in pytestmark"
