"""Fixers that are templates: the message names the mistake, the place is among the suspects."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from improve.records import Failure
from improve.repair.localise import Suspect
from improve.repair.mutation import Mutation, insert, replace
from improve.repair.source import FunctionNode, Source

_Found = Iterator[tuple[str, Mutation]]


def _near(
    sources: Mapping[str, Source], suspects: Sequence[Suspect], most: int = 60
) -> Iterator[tuple[str, Source, ast.AST]]:
    """Nodes on the most suspicious lines."""
    places = {(s.path, s.line) for s in suspects[:most]}
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if (path, getattr(node, "lineno", 0)) in places:
                yield path, source, node


def changed_size(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> _Found:
    """A dictionary, set or deque that changes while it is walked: walk over a copy."""
    if "changed size during iteration" not in text and "mutated during iteration" not in text:
        return
    for path, source, node in _near(sources, suspects):
        if isinstance(node, (ast.For, ast.AsyncFor)):
            new = f"list({source.segment(node.iter)})"
            why = f"the loop walks over a copy, `{new}`, because its body changes the original"
            yield path, replace(source, node.iter, new, "walk-a-copy", 1.9, why)


def missing_await(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> _Found:
    """A coroutine used in place of its result."""
    if "coroutine" not in text:
        return
    names = {
        n.name
        for s in sources.values()
        for n in ast.walk(s.tree)
        if isinstance(n, ast.AsyncFunctionDef)
    }
    for path, source, node in _near(sources, suspects):
        if not isinstance(node, ast.Call) or isinstance(source.parents.get(node), ast.Await):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in names and isinstance(source.function_of(node), ast.AsyncFunctionDef):
            text_ = f"await {source.segment(node)}"
            if isinstance(source.parents.get(node), (ast.Attribute, ast.Subscript)):
                text_ = f"({text_})"
            yield path, replace(source, node, text_, "missing-await", 1.9)


def encoding(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> _Found:
    """A file that is opened in the encoding of whatever machine it is."""
    if "UnicodeDecodeError" not in text and "UnicodeEncodeError" not in text:
        return
    for path, source, node in _near(sources, suspects):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        has = any(k.arg == "encoding" for k in node.keywords)
        if called in ("open", "read_text", "write_text") and not has:
            end = source.span(node)[1] - 1
            joint = ", " if node.args or node.keywords else ""
            why = f"`{called}` is told that the text is UTF-8"
            yield (
                path,
                insert(source, end, f'{joint}encoding="utf-8"', node.lineno, "encoding", 1.9, why),
            )


def identity(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> _Found:
    """`is` with a literal compares identity; equality was meant."""
    for path, source, node in _near(sources, suspects):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        right = node.comparators[0]
        plain = isinstance(right, ast.Constant) and not isinstance(right.value, (bool, type(None)))
        if plain and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            sign = "==" if isinstance(node.ops[0], ast.Is) else "!="
            new = f"{source.segment(node.left)} {sign} {source.segment(right)}"
            yield path, replace(source, node, new, "identity", 1.6)


def none_guard(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> _Found:
    """`None` where a value was expected: use an empty value, or leave early as others do."""
    if "NoneType" not in text:
        return
    for path, source, node in _near(sources, suspects, 12):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            base = node.value
        elif isinstance(node, (ast.For, ast.comprehension)):
            base = node.iter
        else:
            continue
        if isinstance(base, (ast.Name, ast.Attribute, ast.Call)):
            own = source.segment(base)
            holder = source.function_of(node)
            if own in ("self", "cls") or not isinstance(holder, FunctionNode):
                continue
            for word in ("{}", "[]", '""'):
                yield path, replace(source, base, f"({own} or {word})", "none-guard", 0.5)
