"""Mutation operators that insert: a return, a guard, a forgotten statement, a fresh default."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from improve.repair.mutation import Mutation, insert, shorten
from improve.repair.source import Edit, FunctionNode, Source, statement_lines


def returns(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A `return` that was forgotten: before an expression, or at a function's end."""
    if isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Name, ast.BinOp)):
        start = source.span(node)[0]
        why = f"the value of `{shorten(source.segment(node), 40)}` is returned"
        yield insert(source, start, "return ", node.lineno, "add-return", 0.4, why)
        if source.function_of(node) and isinstance(node.value, ast.Call):
            yield from _assigned(source, node, node.value)
    elif isinstance(node, FunctionNode) and not isinstance(node.body[-1], (ast.Return, ast.Raise)):
        own = statement_lines(source, node.body[-1])
        if own is not None and own[1] > own[0]:
            yield from _returned_at_end(source, node, own[1])


def _returned_at_end(source: Source, node: FunctionNode, at: int) -> Iterator[Mutation]:
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    stored = [n.id for n in names if isinstance(n.ctx, ast.Store)]
    arguments = [a.arg for a in node.args.args]
    words = dict.fromkeys([*reversed(stored), *arguments, "True", "False"])
    for rank, word in enumerate(list(words)[:8]):
        text = f"{source.indent(node.body[-1].lineno)}return {word}{source.newline}"
        why = f"`return {word}` was missing at the end"
        prior = 0.35 - 0.03 * rank
        yield insert(source, at, text, node.lineno, "add-return", prior, why)


def _assigned(source: Source, node: ast.Expr, call: ast.Call) -> Iterator[Mutation]:
    """`x.strip()` alone does nothing: strings are never changed in place."""
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        name = call.func.value.id
        why = f"the result of `{shorten(source.segment(node), 40)}` is kept"
        yield insert(
            source, source.span(node)[0], f"{name} = ", node.lineno, "keep-result", 0.25, why
        )


def guards(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """An early return for an empty argument, at the start of a function."""
    if not isinstance(node, FunctionNode):
        return
    body = node.body
    has_text = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if has_text and len(body) > 1 else body[0]
    own = statement_lines(source, first)
    if own is None or (has_text and len(body) == 1):
        return
    indent, line_end = source.indent(first.lineno), source.newline
    for argument in [a.arg for a in node.args.args if a.arg not in ("self", "cls")][:4]:
        for test in (f"not {argument}", f"{argument} is None"):
            for value in _guard_values(source, node, argument):
                text = f"{indent}if {test}:{line_end}{indent}    return {value}{line_end}"
                why = f"`{node.name}` returns `{value}` at once when `{test}`"
                yield insert(source, own[0], text, node.lineno, "guard", 0.1, why)


def _guard_values(source: Source, node: FunctionNode, argument: str) -> Sequence[str]:
    used = [
        source.segment(n.value)
        for n in ast.walk(node)
        if isinstance(n, ast.Return) and isinstance(n.value, (ast.Constant, ast.List, ast.Dict))
    ]
    return list(dict.fromkeys([*used, argument, "[]", "0", "None", "False", "True", '""']))[:7]


def copies(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A statement of the same function repeated after this one (the change that was forgotten)."""
    if not isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For)):
        return
    holder, own = source.function_of(node), statement_lines(source, node)
    if holder is None or own is None:
        return
    indent, seen = source.indent(node.lineno), {source.segment(node)}
    inner = node.body[0] if isinstance(node, (ast.If, ast.For)) else None
    for other in ast.walk(holder):
        if not isinstance(other, (ast.Assign, ast.AugAssign, ast.Expr)) or len(seen) > 10:
            continue
        text = source.segment(other)
        if "\n" in text or text in seen or text.startswith(("'", '"')):
            continue
        seen.add(text)
        why = f"`{shorten(text, 40)}` was missing here"
        line = f"{indent}{text}{source.newline}"
        yield insert(source, own[1], line, node.lineno, "insert-copy", 0.1, why)
        yield insert(source, own[0], line, node.lineno, "insert-copy", 0.08, why)
        inside = statement_lines(source, inner) if inner else None
        if inner and inside:
            line = f"{source.indent(inner.lineno)}{text}{source.newline}"
            yield insert(source, inside[0], line, node.lineno, "insert-copy", 0.08, why)
    yield from _remembered(source, node, holder, own)


def _remembered(
    source: Source, node: ast.stmt, holder: FunctionNode, own: tuple[int, int]
) -> Iterator[Mutation]:
    """`seen.add(x)` for the sets and lists that the function asks but never fills."""
    names = [a.arg for a in holder.args.args if a.arg not in ("self", "cls")]
    for test in ast.walk(holder):
        if isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.In, ast.NotIn)):
            group, item = test.comparators[0], test.left
            if isinstance(group, ast.Name):
                for thing in dict.fromkeys([source.segment(item), *names]):
                    for method in ("add", "append"):
                        text = f"{group.id}.{method}({thing})"
                        line = f"{source.indent(node.lineno)}{text}{source.newline}"
                        why = f"`{text}` was missing here"
                        at = own[0]
                        yield insert(source, at, line, node.lineno, "remember", 0.12, why)


def defaults(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """A mutable default argument, shared by all calls, is made anew in each call."""
    if not isinstance(node, FunctionNode):
        return
    args = [*node.args.posonlyargs, *node.args.args]
    pairs = list(zip(args[len(args) - len(node.args.defaults) :], node.args.defaults, strict=True))
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d]
    first = node.body[0]
    own = statement_lines(source, first)
    for argument, value in pairs:
        made = isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Call))
        if not made or own is None:
            continue
        text = source.segment(value)
        indent = source.indent(first.lineno)
        guard = (
            f"{indent}if {argument.arg} is None:{source.newline}"
            f"{indent}    {argument.arg} = {text}{source.newline}"
        )
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        at = own[1] if is_text else own[0]
        edits = (Edit(*source.span(value), "None"), Edit(at, at, guard))
        why = f"the default `{text}` of `{argument.arg}` was shared by all calls"
        yield Mutation(edits, node.lineno, "mutable-default", 0.7, why)
