"""Test classes: which members a test needs, its in-tree base classes included."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field

from improve.cut.fixtures import fixture_name, is_autouse
from improve.cut.modules import Module
from improve.cut.source import Edit, Function, dotted

FindClass = Callable[[Module, str], "tuple[Module, ast.ClassDef] | None"]

_SETUP = frozenset(
    [
        "setUp",
        "tearDown",
        "setUpClass",
        "tearDownClass",
        "asyncSetUp",
        "asyncTearDown",
        "setup_method",
        "teardown_method",
        "setup_class",
        "teardown_class",
        "setup",
        "teardown",
        "runTest",
        "pytestmark",
        "maxDiff",
        "longMessage",
    ]
)
# Base classes whose own code asks nothing of a subclass beyond _SETUP.
_PLAIN = frozenset(
    [
        "object",
        "TestCase",
        "IsolatedAsyncioTestCase",
        "ABC",
        "Generic",
        "Protocol",
        "Exception",
        "NamedTuple",
    ]
)


@dataclass
class TestClass:
    """A class on the way to the test; ``keep`` are indexes into its body.

    ``foreign``: some base class of it lies outside the tree and may call any member.
    """

    module: Module
    node: ast.ClassDef
    keep: set[int] = field(default_factory=set)
    foreign: bool = False


def class_chain(module: Module, node: ast.ClassDef, find: FindClass) -> list[TestClass]:
    """The class and its in-tree bases, nearest first (close enough to Python's own order)."""
    chain: list[TestClass] = []
    queue = [(module, node)]
    foreign = bool(node.decorator_list or node.keywords)
    while queue:
        where, current = queue.pop(0)
        if any(c.node is current for c in chain):
            continue
        chain.append(TestClass(where, current))
        for base in current.bases:
            name = dotted(base)
            found = find(where, name) if name and "." not in name else None
            if found:
                queue.append(found)
            elif name.split(".")[-1] not in _PLAIN:
                foreign = True
    for link in chain:
        link.foreign = foreign
    return chain


def member_indexes(node: ast.ClassDef, name: str) -> list[int]:
    """Indexes of body statements that bind ``name`` (as method, class or attribute)."""
    return [i for i, stmt in enumerate(node.body) if name in member_names(stmt)]


def member_names(stmt: ast.stmt) -> set[str]:
    """Names that a statement of a class body binds."""
    if isinstance(stmt, (*Function, ast.ClassDef)):
        return {stmt.name}
    names = set()
    for part in ast.walk(stmt):
        if isinstance(part, (*Function, ast.ClassDef)):
            names.add(part.name)
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
    return names


def find_member(chain: list[TestClass], name: str) -> tuple[TestClass, int] | None:
    """The nearest class of a chain that has a member, and the member's (last) index."""
    for link in chain:
        indexes = member_indexes(link.node, name)
        if indexes:
            return link, indexes[-1]
    return None


def find_fixture_member(chain: list[TestClass], name: str) -> tuple[TestClass, int] | None:
    """The nearest class of a chain that has a fixture method of that name."""
    for link in chain:
        for index, stmt in enumerate(link.node.body):
            if fixture_name(stmt) == name:
                return link, index
    return None


def is_test(stmt: ast.stmt) -> bool:
    """Would pytest collect this function, method or class by its name?"""
    if isinstance(stmt, Function):
        return stmt.name.startswith("test") and fixture_name(stmt) is None
    return isinstance(stmt, ast.ClassDef) and stmt.name.startswith("Test")


def keep_essential(link: TestClass, whole: bool) -> None:
    """Keep what runs without being named: set-up, autouse fixtures, hooks for foreign bases."""
    for index, stmt in enumerate(link.node.body):
        names = member_names(stmt)
        called_by_name = bool(names & _SETUP) or any(n.startswith("__") for n in names)
        unnamed = not names and not is_docstring(stmt) and not isinstance(stmt, ast.Pass)
        if (
            called_by_name
            or unnamed
            or is_autouse(stmt)
            or ((link.foreign or whole) and names and not is_test(stmt))
        ):
            link.keep.add(index)


def keep_mentioned(link: TestClass, mentioned: frozenset[str]) -> bool:
    """Keep members that kept code names; True when that added any."""
    before = len(link.keep)
    for index, stmt in enumerate(link.node.body):
        if member_names(stmt) & mentioned:
            link.keep.add(index)
    return len(link.keep) > before


def deletions(link: TestClass) -> list[Edit]:
    """The edits that take the members away which are not kept."""
    node, text = link.node, link.module.text
    return text.removals(node.body, (node.lineno, node.end_lineno or 0), link.keep)


def is_docstring(stmt: ast.stmt) -> bool:
    """A constant standing alone."""
    return isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Constant)
