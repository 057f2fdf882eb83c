"""Mutation operators on names, attributes and calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.repair.mutation import Mutation, replace
from improve.repair.scope import (
    attributes_on,
    by_likeness,
    likeness,
    local_names,
    members,
    module_names,
)
from improve.repair.source import Edit, FunctionNode, Source
from improve.repair.tables import ATTRIBUTE_GROUPS, CALL_GROUPS

_MOST_NAMES = 14


def names(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Another variable that is in scope, the most similar spelling first."""
    if not isinstance(node, ast.Name):
        return
    parent = source.parents.get(node)
    called = isinstance(parent, ast.Call) and parent.func is node
    if isinstance(node.ctx, ast.Store):
        if isinstance(parent, ast.Assign):
            for rank, name in enumerate(by_likeness(node.id, local_names(source, node))[:6]):
                yield replace(source, node, name, "other-target", 0.25 - 0.02 * rank)
        return
    if called:
        yield from _called(source, node)
        return
    for name in by_likeness(node.id, local_names(source, node))[:_MOST_NAMES]:
        if name not in ("self", "cls"):
            prior = 0.25 + 0.35 * likeness(node.id, name)
            yield replace(source, node, name, "other-name", prior)
    top = [n for n in module_names(source) if n.isupper() == node.id.isupper()]
    for name in by_likeness(node.id, top)[:4]:
        yield replace(source, node, name, "other-name", 0.12)
    holder = source.class_of(node)
    if holder is not None and node.id in members(source, holder):
        yield replace(source, node, f"self.{node.id}", "self", 0.3)


def _called(source: Source, node: ast.Name) -> Iterator[Mutation]:
    for group in CALL_GROUPS:
        for name in group if node.id in group else ():
            if name != node.id:
                yield replace(source, node, name, "other-function", 0.5)
    functions = [n.name for n in source.tree.body if isinstance(n, (FunctionNode, ast.ClassDef))]
    for name in by_likeness(node.id, functions)[:5]:
        yield replace(source, node, name, "other-function", 0.2)


def attributes(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Another attribute: a known pair, one of the same class, one used on the same thing."""
    if not isinstance(node, ast.Attribute):
        return
    end = source.span(node)[1]
    start = end - len(node.attr.encode())
    if source.data[start:end].decode() != node.attr:
        return  # written with an identifier that Python normalises
    choices: dict[str, float] = {}
    for group in ATTRIBUTE_GROUPS:
        if node.attr in group:
            choices.update((n, 0.5) for n in group if n.isidentifier())
    holder = source.class_of(node)
    base = source.segment(node.value)
    if holder is not None and base in ("self", "cls"):
        for name in by_likeness(node.attr, members(source, holder))[:8]:
            choices.setdefault(name, 0.4)
    for name in by_likeness(node.attr, attributes_on(source, base))[:6]:
        choices.setdefault(name, 0.35)
    for name, prior in choices.items():
        if name != node.attr:
            why = f"`.{node.attr}` became `.{name}`"
            yield Mutation((Edit(start, end, name),), node.end_lineno or 0, "attribute", prior, why)


def arguments(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Arguments swapped, dropped or added; keyword values exchanged."""
    if not isinstance(node, ast.Call):
        return
    args = [a for a in node.args if not isinstance(a, ast.Starred)]
    for i, one in enumerate(args):
        for two in args[i + 1 : i + 3]:
            a, b = source.segment(one), source.segment(two)
            if a != b:
                edits = (Edit(*source.span(one), b), Edit(*source.span(two), a))
                yield Mutation(
                    edits, one.lineno, "swap-arguments", 0.55, f"`{a}` and `{b}` changed places"
                )
    whole = source.segment(node)
    if len(args) > 1 and not node.keywords and "\n" not in whole:
        func = source.segment(node.func)
        for i in range(len(args)):
            kept = ", ".join(source.segment(a) for k, a in enumerate(args) if k != i)
            yield replace(source, node, f"{func}({kept})", "drop-argument", 0.2)
    if whole.endswith(")") and len(args) == len(node.args):
        end = source.span(node)[1] - 1
        joint = ", " if (args or node.keywords) else ""
        for name in local_names(source, node)[:6]:
            if name not in ("self", "cls"):
                edit = (Edit(end, end, f"{joint}{name}"),)
                yield Mutation(
                    edit, node.lineno, "add-argument", 0.1, f"`{name}` is passed as well"
                )


def unwraps(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A call taken away, or its missing default added."""
    if isinstance(node, ast.Call):
        if len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred):
            yield replace(source, node, source.segment(node.args[0]), "unwrap", 0.25)
        if isinstance(node.func, ast.Attribute):
            yield replace(source, node, source.segment(node.func.value), "unwrap", 0.25)
        yield from _safe_get(source, node)
    elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        yield from _subscript_get(source, node)


def wraps(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A call around a value, a method upon it, or an empty value in its place."""
    if not isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)):
        return
    text, role = source.segment(node), _role(source.parents.get(node), node)
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or "\n" in text or not role:
        return
    words: dict[str, float] = {}
    if role == "iterated":
        yield replace(source, node, f"{text}.items()", "wrap", 0.15)
        words = dict.fromkeys(("list", "sorted", "reversed", "enumerate", "set"), 0.3)
    elif role in ("value", "argument"):
        words = dict.fromkeys(("str", "int", "abs", "len", "float", "tuple", "round"), 0.18)
        words |= dict.fromkeys(("list", "dict", "sorted", "set"), 0.22)
    for word, prior in words.items():
        yield replace(source, node, f"{word}({text})", "wrap", prior)
    if not isinstance(node, ast.BinOp):
        for tail in (".strip()", ".lower()", ".copy()"):
            if not text.endswith(tail):
                yield replace(source, node, text + tail, "method", 0.15)
        for word in ('""', "[]", "0", "{}"):
            yield replace(source, node, f"({text} or {word})", "or-default", 0.08)


def _role(parent: ast.AST | None, node: ast.AST) -> str:
    if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and parent.iter is node:
        return "iterated"
    if isinstance(parent, (ast.Return, ast.Assign, ast.AnnAssign, ast.keyword)):
        return "value"
    if isinstance(parent, ast.Call) and node in parent.args:
        return "argument"
    if isinstance(parent, (ast.Compare, ast.BinOp, ast.Tuple, ast.List, ast.Subscript, ast.Dict)):
        return "argument"
    if isinstance(parent, ast.Attribute):
        return "base"
    return ""


def _subscript_get(source: Source, node: ast.Subscript) -> Iterator[Mutation]:
    if not isinstance(node.ctx, ast.Load):
        return
    base, key = source.segment(node.value), source.segment(node.slice)
    for rest in ("", ", 0", ', ""', ", []", ", {}"):
        yield replace(source, node, f"{base}.get({key}{rest})", "get", 0.14)
    for tail in (".strip()", ".lower()"):
        yield replace(source, node.slice, key + tail, "method", 0.12)


def _safe_get(source: Source, node: ast.Call) -> Iterator[Mutation]:
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and len(node.args) == 1:
        for word in ("0", '""', "[]", "{}", "False"):
            text = f"{source.segment(node.func)}({source.segment(node.args[0])}, {word})"
            yield replace(source, node, text, "get", 0.4)


def yields(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """`yield from` for `yield`, and the other way; a missing or needless `await`."""
    if isinstance(node, ast.Yield) and node.value is not None:
        text = source.segment(node.value)
        yield replace(source, node, f"yield from {text}", "yield-from", 0.5)
    elif isinstance(node, ast.YieldFrom):
        yield replace(source, node, f"yield {source.segment(node.value)}", "yield-from", 0.5)
    elif isinstance(node, ast.Await):
        yield replace(source, node, source.segment(node.value), "await", 0.2)
    elif isinstance(node, ast.Call) and isinstance(source.function_of(node), ast.AsyncFunctionDef):
        if not isinstance(source.parents.get(node), ast.Await):
            yield replace(source, node, f"await {source.segment(node)}", "await", 0.3)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _shared_rows(source, node)


def _shared_rows(source: Source, node: ast.BinOp) -> Iterator[Mutation]:
    if isinstance(node.left, ast.List) and len(node.left.elts) == 1:
        inner = source.segment(node.left.elts[0])
        text = f"[{inner} for _ in range({source.segment(node.right)})]"
        why = f"each of the rows is a list of its own in `{text}`"
        yield replace(source, node, text, "shared-rows", 0.6, why)
