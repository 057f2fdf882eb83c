"""A cut read once more: its only test, that test's statements, and what nothing needs any more."""

from __future__ import annotations

import ast

from improve.cut.classes import class_chain, is_docstring, is_test
from improve.cut.compose import compose
from improve.cut.model import CannotCut, Node, Style
from improve.cut.modules import Module, load
from improve.cut.seeds import gather
from improve.cut.source import Function, Text

_FILE = "cut.py"


def recut(source: str) -> str:
    """Cut the only test out of a cut once more: what lost its last user goes."""
    module = cut_module(source)
    names, _ = find_test(module)
    lines = source.splitlines()
    header = [line for line in lines[: next((i for i, t in enumerate(lines) if not t), 0)]]
    header = [line for line in header if line.startswith("#")]
    read = {_FILE: source}.get
    return compose(gather(Node(_FILE, names, None), read, Style(again=True), {}), "\n".join(header))


def cut_module(source: str) -> Module:
    module = load(_FILE, {_FILE: source}.get)
    if module is None:
        raise CannotCut("there is no source")
    return module


def find_test(module: Module) -> tuple[tuple[str, ...], ast.FunctionDef | ast.AsyncFunctionDef]:
    """Names on the way to the file's test, and the test function."""
    for unit in reversed(module.units):
        node = unit.node
        if isinstance(node, Function) and is_test(node):
            return (node.name,), node
        found = test_in_class(module, node) if isinstance(node, ast.ClassDef) else None
        if found:
            return found
    raise CannotCut("there is no test")


def test_in_class(
    module: Module, node: ast.ClassDef
) -> tuple[tuple[str, ...], ast.FunctionDef | ast.AsyncFunctionDef] | None:
    def find(_: Module, name: str) -> tuple[Module, ast.ClassDef] | None:
        known = module.definition(name)
        return (module, known) if isinstance(known, ast.ClassDef) else None

    for link in class_chain(module, node, find):
        for stmt in link.node.body:
            if isinstance(stmt, Function) and is_test(stmt):
                return (node.name, stmt.name), stmt
            inner = test_in_class(module, stmt) if isinstance(stmt, ast.ClassDef) else None
            if inner:
                return (node.name, *inner[0]), inner[1]
    return None


def block_of(source: str) -> tuple[Text, list[ast.stmt], tuple[int, int]]:
    """The statements to choose from: the test's body, or that of its only statement."""
    try:
        module = cut_module(source)
        node: ast.stmt = find_test(module)[1]
    except CannotCut:
        return Text(source), [], (0, 0)
    while True:
        body: list[ast.stmt] = getattr(node, "body", [])
        inner = [s for s in body if not is_docstring(s)]
        plain = len(inner) == 1 and isinstance(inner[0], (ast.With, ast.For, ast.AsyncWith))
        if not plain:
            return module.text, body, (node.lineno, body[-1].end_lineno or 0)
        node = inner[0]
