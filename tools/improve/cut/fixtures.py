"""Fixtures: what a test or fixture asks for, and which function answers to a name."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Sequence

from improve.cut.marks import fixtures_asked_for
from improve.cut.model import Node, Read
from improve.cut.modules import Module, Unit, load
from improve.cut.source import Function, dotted

# Module-level functions that pytest (or nose style) calls without being asked.
MODULE_HOOKS = frozenset(
    [
        "setup_module",
        "teardown_module",
        "setup_function",
        "teardown_function",
        "setUpModule",
        "tearDownModule",
        "setup",
        "teardown",
        "pytest_generate_tests",
        "pytest_plugins",
        "pytestmark",
        "load_tests",
    ]
)


def fixture_decorator(node: ast.stmt) -> ast.expr | None:
    """The decorator (or wrapping call) that makes a statement a fixture, None for others."""
    if isinstance(node, Function):
        for decorator in node.decorator_list:
            if dotted(decorator).split(".")[-1].endswith("fixture"):
                return decorator
        return None
    value = node.value if isinstance(node, ast.Assign) else None
    made = isinstance(value, ast.Call) and dotted(value).split(".")[-1].endswith("fixture")
    return value if made else None


def keyword_of(node: ast.expr | None, name: str) -> ast.expr | None:
    """The value of a call's keyword argument, None when it is not given."""
    if isinstance(node, ast.Call):
        return next((k.value for k in node.keywords if k.arg == name), None)
    return None


def fixture_name(node: ast.stmt) -> str | None:
    """The name that a fixture answers to (``name=`` wins); None for what is no fixture."""
    decorator = fixture_decorator(node)
    if decorator is None:
        return None
    given = keyword_of(decorator, "name")
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value
    if isinstance(node, Function):
        return node.name
    return dotted(node.targets[0]) if isinstance(node, ast.Assign) else None


def is_autouse(node: ast.stmt) -> bool:
    """Anything but a literal False counts: a condition may hold on that machine."""
    value = keyword_of(fixture_decorator(node), "autouse")
    return value is not None and not (isinstance(value, ast.Constant) and not value.value)


def arguments(node: ast.stmt) -> list[str]:
    """Names of a function's arguments without defaults, ``self`` and ``cls`` aside."""
    if not isinstance(node, Function):
        return []
    spec = node.args
    plain = [*spec.posonlyargs, *spec.args]
    plain = plain[: len(plain) - len(spec.defaults)] if spec.defaults else plain
    keyword_only = [a for a, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is None]
    return [a.arg for a in (*plain, *keyword_only) if a.arg not in ("self", "cls")]


def requests(node: ast.stmt) -> set[str]:
    """Every fixture name that a function asks for by argument, mark or ``getfixturevalue``."""
    return {*arguments(node), *fixtures_asked_for(node)}


def find_fixture(module: Module, name: str) -> Unit | None:
    """The unit of a module that answers to a fixture name; an import counts by its name."""
    for unit in reversed(module.units):
        if fixture_name(unit.node) == name:
            return unit
    for unit in reversed(module.units):
        if name in unit.binds and (unit.is_import or isinstance(unit.node, (ast.If, ast.Try))):
            return unit
    return None


def conftests(node: Node, read: Read) -> list[Module]:
    """The conftest.py files above a test, innermost first.

    The one at the repository's top is left out: it lies above the new file as well, so pytest
    loads it by itself.
    """
    found = []
    folder = node.folder
    while folder:
        module = load(f"{folder}/conftest.py", read)
        if module:
            found.append(module)
        folder = posixpath.dirname(folder)
    return found


def plugin_names(modules: Sequence[Module]) -> list[str]:
    """What the ``pytest_plugins`` statements of modules name."""
    names: list[str] = []
    for module in modules:
        node = module.definition("pytest_plugins")
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
        for part in parts:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                names.append(part.value)
    return list(dict.fromkeys(names))
