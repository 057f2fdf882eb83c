"""Branches that are taken by the test's own number and hardly another: a special case in arithmetic. Pure.

``if cents // 2 == 60`` names no literal of the test, and yet asks for its 120 (or 121). Whether a new branch does
that is computed: it holds for a number of the test, and for none that lies well away from it. A branch of
the same kind that a product needs (``n % 100 == 13``, ``code // 100 == 4``) holds for others, too.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator

from improve.guard.habits import Habit, newly, parsed

RULE = "special-cases the test"
OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod, ast.BitXor: operator.xor, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
}  # fmt: skip
LARGEST = 10**12
AWAY = (
    10,
    11,
    12,
    13,
    20,
    50,
    100,
    120,
    200,
    1000,
    1001,
    5000,
)  # also below, and one further multiple


def pinned(before: str | None, after: str, test: str) -> list[Habit]:
    """New branches of ``after`` that compute on one name, and hold for a number of ``test`` alone."""
    numbers = _numbers(test)
    return newly(_pins(before or "", numbers), _pins(after, numbers))


def _numbers(test: str) -> set[int]:
    values = (one.value for one in ast.walk(parsed(test)) if isinstance(one, ast.Constant))
    return {one for one in values if type(one) is int and 3 < abs(one) < LARGEST}


def _pins(text: str, numbers: set[int]) -> Iterator[Habit]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, (ast.If, ast.IfExp)):
            for one in ast.walk(node.test):
                if isinstance(one, ast.Compare) and _asks_for_one(one, numbers):
                    yield Habit(RULE, f"if {ast.unparse(node.test)}"[:120], node.lineno)


def _asks_for_one(test: ast.Compare, numbers: set[int]) -> bool:
    if len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = (test.left, test.comparators[0])
    names = {node.id for side in sides for node in ast.walk(side) if isinstance(node, ast.Name)}
    # A name compared as it is belongs to the rule on literals.
    if len(names) != 1 or not any(isinstance(side, ast.BinOp) for side in sides):
        return False
    name = names.pop()

    def holds(value: int) -> bool:
        found = [_value(side, name, value) for side in sides]
        return found[0] is not None and found[0] == found[1]

    return any(
        holds(n) and not any(holds(n + d) or holds(n - d) for d in (*AWAY, abs(n))) for n in numbers
    )


def _value(node: ast.expr, name: str, value: int) -> int | None:
    """The expression with ``value`` for ``name``; None where it is no plain arithmetic of whole numbers."""
    if isinstance(node, ast.Name):
        return value if node.id == name else None
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int and abs(node.value) < LARGEST else None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Invert)):
        inner = _value(node.operand, name, value)
        return None if inner is None else -inner if isinstance(node.op, ast.USub) else ~inner
    known = OPERATORS.get(type(node.op)) if isinstance(node, ast.BinOp) else None
    if known is None or not isinstance(node, ast.BinOp):
        return None
    left, right = (_value(side, name, value) for side in (node.left, node.right))
    if left is None or right is None or abs(left) > LARGEST or abs(right) > LARGEST:
        return None
    try:
        return known(left, right)
    except ZeroDivisionError:
        return None
