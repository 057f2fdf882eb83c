"""A fixer for open files: one after the other, where all at once are more than a process may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from improve.repair.blocks import blocks, called, dotted, indented
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, Source, statement_lines


def all_open(sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """Files that are all opened before the first is read: open and close one after the other."""
    for path, source in sources.items():
        for block in blocks(source.tree):
            for index, node in enumerate(block):
                made = _one_by_one(source, node, block[index + 1 :])
                if made is not None:
                    yield path, made


def _one_by_one(source: Source, node: ast.stmt, rest: Sequence[ast.stmt]) -> Mutation | None:
    made, own = getattr(node, "value", None), statement_lines(source, node)
    if not isinstance(node, ast.Assign) or not isinstance(made, ast.ListComp) or own is None:
        return None
    name, part = dotted(node.targets[0]), made.generators[0]
    uses = [one for one in rest if any(dotted(n) == name for n in ast.walk(one))]
    loop = uses[0] if uses else None
    if called(made.elt) != "open" or part.ifs or not isinstance(loop, ast.For):
        return None
    if any(not _closes(one) for one in uses[1:]) or not isinstance(part.target, ast.Name):
        return None
    handle = _handle(loop, name, part)
    head = f"with {source.segment(made.elt)} as {handle}:" if handle else ""
    inside = indented(source, loop.body, head) if handle else ()
    spans = [statement_lines(source, one) for one in uses[1:]]
    if not inside or None in spans:
        return None
    each = f"for {part.target.id} in {source.segment(part.iter)}"
    start = source.span(loop)[0]
    edits = [Edit(*own, ""), Edit(start, source.span(loop.iter)[1], each), *inside]
    edits += [Edit(*one, "") for one in spans if one]
    why = f"all of `{name}` were open at the same time; now one file after the other is"
    return Mutation(tuple(edits), node.lineno, "open-one-by-one", 1.9, why)


def _closes(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.For)
        and len(node.body) == 1
        and called(getattr(node.body[0], "value", None)) == "close"
    )


def _handle(loop: ast.For, name: str, part: ast.comprehension) -> str:
    """The loop's name for one open file; '' when it walks over anything but the files."""
    if dotted(loop.iter) == name and isinstance(loop.target, ast.Name):
        return loop.target.id
    pairs = isinstance(loop.target, ast.Tuple) and len(loop.target.elts) == 2
    if called(loop.iter) != "zip" or not pairs:
        return ""
    first, second = (dotted(one) for one in loop.iter.args[:2])  # type: ignore[attr-defined]
    names = [dotted(one) for one in loop.target.elts]  # type: ignore[attr-defined]
    same = (first, second) == (dotted(part.iter), name) and names[0] == dotted(part.target)
    return names[1] if same else ""
