"""A test file that cannot even be imported: its imports, as one test."""

from __future__ import annotations

import ast
import posixpath

from improve.cut.compose import Import, import_block
from improve.cut.model import CannotCut, Cut, Node, Read
from improve.cut.modules import Module, absolute_name, find_module, is_support, load
from improve.records import Failure


def import_check(node: Node, read: Read, header: str, failure: Failure | None) -> Cut | None:
    """A test that imports what the file imports; None when the failure is of another kind.

    Imports between test files are left out: they are followed by name, not copied.
    """
    if failure is not None and failure.kind not in ("collection", "other"):
        return None
    try:
        module = load(node.path, read)
        if module is None:
            return None
        found = [i for unit in module.units for i in _imports(module, unit.node, node, read)]
    except CannotCut:
        return None
    if not found:
        return None
    stem = posixpath.splitext(posixpath.basename(node.path))[0].removeprefix("test_")
    name = "test_imports_of_" + "".join(c if c.isidentifier() or c.isdigit() else "_" for c in stem)
    body = "\n".join(f"    {line}" if line else "" for line in import_block(found).splitlines())
    note = "the imports of the test file, as one test"
    return Cut(f"{header}\n\n\ndef {name}():\n{body}\n", name, notes=(note,))


def _imports(module: Module, stmt: ast.stmt, node: Node, read: Read) -> list[Import]:
    if isinstance(stmt, ast.Import):
        return [(a.name, "", a.asname) for a in stmt.names]
    if not isinstance(stmt, ast.ImportFrom) or stmt.module == "__future__":
        return []
    source = absolute_name(stmt, module.path, read)
    target = find_module(source, module.path, read)
    if target and is_support(target, node.path):
        return []
    # A star import is not allowed inside a function; importing its module fails just the same.
    return [(source, "" if a.name == "*" else a.name, a.asname) for a in stmt.names]
