"""The closure: from what is kept to everything that it needs in turn."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from functools import lru_cache

from improve.cut import fixtures as fx
from improve.cut.classes import find_fixture_member, is_test, keep_mentioned
from improve.cut.gather import Gathering, need
from improve.cut.marks import fixtures_asked_for
from improve.cut.modules import Module, Unit
from improve.cut.names import free_names, mentioned_members, strings_in
from improve.cut.source import DEFINITIONS, Function


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
