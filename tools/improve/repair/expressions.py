"""Mutation operators on expressions: comparisons, numbers, arithmetic, logic."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.repair.mutation import Mutation, replace
from improve.repair.positions import by_one
from improve.repair.scope import local_names
from improve.repair.source import Edit, Source
from improve.repair.tables import ARITHMETIC_SWAPS, COMPARE_SWAPS

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<",
    ast.RShift: ">>", ast.MatMult: "@",
}  # fmt: skip


def _between(
    source: Source, left: ast.AST, right: ast.AST, old: str, new: str, operator: str, prior: float
) -> Mutation | None:
    """Swap the operator sign that stands between two nodes."""
    start, end = source.span(left)[1], source.span(right)[0]
    gap = source.data[start:end].decode()
    at = gap.find(old)
    if at < 0 or "#" in gap:
        return None
    offset = start + len(gap[:at].encode())
    text = f"`{source.segment(left)} {old} {source.segment(right)}`"[:80]
    edit = Edit(offset, offset + len(old.encode()), new)
    line: int = left.end_lineno  # type: ignore[attr-defined]
    return Mutation((edit,), line, operator, prior, f"`{old}` became `{new}` in {text}")


def comparison(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Another comparison sign, swapped sides, a side moved by one."""
    if not isinstance(node, ast.Compare):
        return
    left: ast.expr = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        old = _COMPARE[type(op)]
        for new, weight in COMPARE_SWAPS[old]:
            made = _between(source, left, right, old, new, "comparison", 0.9 * weight)
            if made:
                yield made
        if old in ("<", "<=", ">", ">="):
            for side in (right, left):
                yield from by_one(source, side, "boundary", 0.45)
        left = right
    if len(node.ops) == 1:
        yield from _base_case(source, node, node.comparators[0])
        yield from _swapped(source, node.left, node.comparators[0], "swap-sides", 0.25)


def _base_case(source: Source, node: ast.Compare, right: ast.expr) -> Iterator[Mutation]:
    """`len(x) == 0` ends a recursion too late when one element cannot be split either."""
    value = right.value if isinstance(right, ast.Constant) else None
    if isinstance(node.ops[0], ast.Eq) and isinstance(value, int) and not isinstance(value, bool):
        text = f"{source.segment(node.left)} <= {value + 1}"
        yield replace(source, node, text, "base-case", 0.3)


def _swapped(
    source: Source, a: ast.expr, b: ast.expr, operator: str, prior: float
) -> Iterator[Mutation]:
    one, two = source.segment(a), source.segment(b)
    if one != two:
        edits = (Edit(*source.span(a), two), Edit(*source.span(b), one))
        yield Mutation(edits, a.lineno, operator, prior, f"`{one}` and `{two}` changed places")


def constants(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Numbers off by one, zero for one, flipped booleans, another empty value."""
    if not isinstance(node, ast.Constant):
        return
    value = node.value
    if isinstance(value, bool):
        yield replace(source, node, str(not value), "boolean", 0.8)
        yield replace(source, node, "None", "constant", 0.1)
    elif isinstance(value, int):
        yield from _integers(source, node, value)
    elif isinstance(value, float):
        for number in (value + 1, value - 1, -value, value * 10, value / 10, 0.0, 1.0):
            if number != value:
                yield replace(source, node, repr(number), "constant", 0.25)
    elif value is None:
        for word in ("0", "[]", "{}", '""', "False", "True"):
            yield replace(source, node, word, "constant", 0.3)


def _integers(source: Source, node: ast.Constant, value: int) -> Iterator[Mutation]:
    near = [(value + 1, 0.7), (value - 1, 0.7), (-value, 0.3), (0, 0.35), (1, 0.35)]
    more = [(value * 2, 0.15), (value // 2, 0.15), (value * 10, 0.1), (value // 10, 0.1)]
    for new, prior in near + more:
        if new != value:
            yield replace(source, node, str(new), "constant", prior)
    for word in ("None", "float('inf')", "-float('inf')"):
        yield replace(source, node, word, "constant", 0.12)


def arithmetic(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """Another arithmetic sign, swapped operands, one operand dropped, `x` for `-x`."""
    if isinstance(node, ast.BinOp):
        old = _ARITHMETIC[type(node.op)]
        for rank, new in enumerate(ARITHMETIC_SWAPS[old]):
            made = _between(
                source, node.left, node.right, old, new, "arithmetic", 0.7 - 0.12 * rank
            )
            if made:
                yield made
        yield from _swapped(source, node.left, node.right, "swap-operands", 0.4)
        for side in (node.left, node.right):
            yield replace(source, node, source.segment(side), "drop-operand", 0.3)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.UAdd):
        yield replace(source, node, source.segment(node.operand), "drop-sign", 0.5)


def assignments(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """`-=` for `+=`, `=` for `+=`, and the other way."""
    signs: list[tuple[str, str, float]] = []
    if isinstance(node, ast.AugAssign):
        old = _ARITHMETIC[type(node.op)]
        target: ast.expr = node.target
        signs = [(f"{old}=", f"{new}=", 0.6) for new in (*ARITHMETIC_SWAPS[old], "")]
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        signs = [("=", "+=", 0.2), ("=", "-=", 0.2)]
    else:
        return
    for before, after, prior in signs:
        made = _between(source, target, node.value, before, after, "assignment-sign", prior)
        if made:
            yield made


def logic(source: Source, node: ast.AST) -> Iterator[Mutation]:
    """`and` for `or`, one operand dropped or negated, `not` added to a condition."""
    if isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for a, b in zip(node.values, node.values[1:], strict=False):
            made = _between(source, a, b, old, new, "and-or", 0.8)
            if made:
                yield made
        for kept in node.values if len(node.values) == 2 else []:
            yield replace(source, node, source.segment(kept), "drop-condition", 0.4)
        for part in node.values:
            if not isinstance(part, ast.UnaryOp):
                yield replace(source, part, f"not ({source.segment(part)})", "negate", 0.3)
    test = getattr(node, "test", None)
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and isinstance(test, ast.expr):
        if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            text = source.segment(test)
            plain = isinstance(test, (ast.Name, ast.Attribute, ast.Call, ast.Subscript))
            yield replace(source, test, f"not {text}" if plain else f"not ({text})", "negate", 0.5)
        if isinstance(node, ast.IfExp):
            yield from _swapped(source, node.body, node.orelse, "swap-branches", 0.5)
        yield from _known_conditions(source, node, test)


def _known_conditions(source: Source, node: ast.AST, test: ast.expr) -> Iterator[Mutation]:
    """Strengthen or weaken a condition by one that the same function uses elsewhere."""
    own = source.segment(test)
    base = f"({own})" if isinstance(test, (ast.BoolOp, ast.IfExp, ast.Lambda)) else own
    for inner in ast.walk(test):
        if isinstance(inner, ast.Attribute) and "\n" not in (thing := source.segment(inner.value)):
            yield replace(source, test, f"{thing} is None or {base}", "none-condition", 0.3)
            yield replace(source, test, f"{thing} is not None and {base}", "none-condition", 0.3)
    if isinstance(test, ast.Constant):
        for name in local_names(source, node):
            yield replace(source, test, name, "other-condition", 0.45)
    for text in _conditions_near(source, node):
        if text != own and "\n" not in text:
            yield replace(source, test, text, "other-condition", 0.15)
            for word in ("and", "or"):
                yield replace(source, test, f"{text} {word} {base}", "add-condition", 0.12)
                yield replace(source, test, f"{base} {word} {text}", "add-condition", 0.14)
            yield replace(source, test, f"{base} and not ({text})", "add-condition", 0.1)


def _conditions_near(source: Source, node: ast.AST) -> list[str]:
    holder = source.function_of(node)
    known: dict[str, None] = {}
    for other in ast.walk(holder) if holder else ():
        if isinstance(other, (ast.If, ast.While, ast.IfExp)) and other is not node:
            parts = other.test.values if isinstance(other.test, ast.BoolOp) else [other.test]
            known.update((source.segment(p), None) for p in parts)
    arguments = holder.args.args if holder else []
    known.update((a.arg, None) for a in arguments if a.arg not in ("self", "cls"))
    return list(known)[:12]
