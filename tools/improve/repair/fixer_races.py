"""A fixer for races: a lock around the read and the write of an attribute that threads share.

Sound where it applies: the statements between read and write stay as they are and keep their
order; one method at a time runs them. It leaves alone what waits (``await``, ``yield``) while it
would hold the lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from improve.repair.imports import with_import
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source

LOCKS = ("Lock", "RLock")


def unguarded_update(sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """(path, mutation) for each attribute that some class reads and then writes without a lock."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef):
                for attribute in _attributes(node):
                    made = _guarded(source, node, attribute)
                    if made:
                        yield path, made


def _attributes(node: ast.ClassDef) -> list[str]:
    stored = (_written(one) for one in ast.walk(node))
    return list(dict.fromkeys(one.attr for one in stored if one is not None and _own(one)))


def _written(node: ast.AST) -> ast.Attribute | None:
    """The attribute that this node gives a value, as a whole or in one of its items."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        node = node.value
    elif not isinstance(getattr(node, "ctx", None), ast.Store):
        return None
    return node if isinstance(node, ast.Attribute) else None


def _own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _guarded(source: Source, holder: ast.ClassDef, attribute: str) -> Mutation | None:
    methods = [one for one in holder.body if isinstance(one, ast.FunctionDef)]
    begin = next((one for one in methods if one.name == "__init__"), None)
    if begin is None:
        return None
    found = [(span, one) for one in methods if one is not begin for span in _spans(one, attribute)]
    if not found or any(not _may_be_held(source, span) for span, _ in found):
        return None
    name = _lock_of(begin)
    edits = [edit for span, _ in found for edit in _wrapped(source, span, name or "_lock")]
    if name is None:
        # A region that calls the object's own methods may come back to the lock.
        again = any(_calls_itself(span) for span, _ in found)
        edits += _new_lock(source, begin, "RLock" if again else "Lock")
    line = found[0][0][0].lineno
    why = (
        f"Threads could come between the read and the write of `self.{attribute}` in "
        f"{', '.join(dict.fromkeys(one.name for _, one in found))}; a lock keeps them together"
    )
    return Mutation(tuple(edits), line, "guard-shared-attribute", 1.9, why)


def _spans(method: ast.FunctionDef, attribute: str) -> Iterator[list[ast.stmt]]:
    """Statements of one block from the first that reads the attribute to the last that writes it."""
    for block in _blocks(method):
        reads = [i for i, one in enumerate(block) if _reads(one, attribute)]
        writes = [i for i, one in enumerate(block) if _writes(one, attribute)]
        if reads and writes and reads[0] <= writes[-1]:
            yield block[reads[0] : writes[-1] + 1]
            return  # what lies deeper is inside of it


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield block
            for one in block:
                if not _guards(one):
                    yield from _blocks(one)


def _writes(node: ast.stmt, attribute: str) -> bool:
    stored = (_written(one) for one in _unguarded(node))
    return any(one is not None and _is(one, attribute) for one in stored)


def _reads(node: ast.stmt, attribute: str) -> bool:
    inside = list(_unguarded(node))
    # `self.x += 1` and `self.x[k] += 1` read and write; `self.x[k] = 1` only writes.
    grown = [one.target for one in inside if isinstance(one, ast.AugAssign)]
    written = {id(_written(one)) for one in inside if one not in grown}
    return any(
        _is(one, attribute) and (one in grown or isinstance(getattr(one, "ctx", None), ast.Load))
        for one in inside
        if id(one) not in written or one in grown
    )


def _unguarded(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, but what a `with self.lock:` holds together already."""
    if not _guards(node):
        yield node
        for one in ast.iter_child_nodes(node):
            yield from _unguarded(one)


def _guards(node: ast.AST) -> bool:
    return isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Attribute) and _own(item.context_expr)
        for item in node.items
    )


def _is(node: ast.AST, attribute: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == attribute and _own(node)


def _may_be_held(source: Source, span: Sequence[ast.stmt]) -> bool:
    waits = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith)
    plain = all(source.line_text(one.lineno)[: one.col_offset].isspace() for one in span)
    texts = [one for part in span for one in ast.walk(part) if isinstance(one, ast.Constant)]
    long = any(isinstance(t.value, str) and t.end_lineno != t.lineno for t in texts)
    return plain and not long and not any(isinstance(n, waits) for s in span for n in ast.walk(s))


def _calls_itself(span: Sequence[ast.stmt]) -> bool:
    calls = (one for part in span for one in ast.walk(part) if isinstance(one, ast.Call))
    return any(isinstance(one.func, ast.Attribute) and _own(one.func) for one in calls)


def _lock_of(begin: ast.FunctionDef) -> str | None:
    """The lock that the class has already."""
    for one in ast.walk(begin):
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Call):
            made, target = one.value.func, one.targets[0]
            kind = getattr(made, "attr", getattr(made, "id", ""))
            if kind in LOCKS and isinstance(target, ast.Attribute) and _own(target):
                return target.attr
    return None


def _wrapped(source: Source, span: Sequence[ast.stmt], lock: str) -> Iterator[Edit]:
    first, last = span[0].lineno, span[-1].end_lineno or span[-1].lineno
    indent = source.indent(first)
    step = "\t" if "\t" in indent else "    "
    head = f"{indent}with self.{lock}:{source.newline}"
    for line in range(first, last + 1):
        at = source.starts[line - 1]
        text = step if source.line_text(line).strip() else ""
        if text or line == first:
            yield Edit(at, at, (head if line == first else "") + text)


def _new_lock(source: Source, begin: ast.FunctionDef, kind: str) -> Iterator[Edit]:
    body = begin.body
    told = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    last = body[-1].end_lineno or body[-1].lineno
    line = body[0].lineno if not told or len(body) == 1 else body[1].lineno
    indent = source.indent(body[0].lineno)
    made = f"{indent}self._lock = threading.{kind}(){source.newline}"
    at = source.starts[line - 1]
    if told and len(body) == 1:
        at = source.starts[last] if last < len(source.starts) else len(source.data)
    yield Edit(at, at, made)
    yield from with_import(source, "threading")
