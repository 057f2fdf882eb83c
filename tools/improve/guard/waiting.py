"""Waiting longer than before, in any of its forms: a sleep, a limit of a wait, a comparison. Pure.

An intermittent failure becomes rarer when a sleep grows, and a fix has to be more than that. Where a
number stands is looked up: in the call, in a constant, in a default, in an attribute of the same
file. Python only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from improve.guard.habits import SLEEPS, Habit, dotted, parsed
from improve.guard.numbers import Numbers, functions
from improve.guard.reaching import imported, spelled

# A method that waits, and which of its arguments is the limit in seconds.
LIMITED = {
    "wait": 0, "join": 0, "result": 0, "exception": 0, "poll": 0, "settimeout": 0, "get": 1,
    "acquire": 1, "wait_for": 1, "select": 3,
}  # fmt: skip
FLAGGED = {"get", "acquire"}  # the argument before it says whether to wait at all
SLEEP = "sleep"


class Wait(NamedTuple):
    """``place`` is the function it stands in."""

    place: str
    what: str
    seconds: float
    line: int


def longer_waits(before: str | None, after: str) -> Iterator[Habit]:
    """Sleeps, waits and tolerances of ``after`` that were smaller in ``before`` (None: a new file).

    At one place, the longest against the longest; of sleeps, each of the file, wherever it went.
    """
    yield from dict.fromkeys(_longer(list(_seconds(before or "")), list(_seconds(after))))


def _longer(had: list[Wait], has: list[Wait]) -> Iterator[Habit]:
    for key in dict.fromkeys((one.place, one.what) for one in has):
        old, new = (max((o for o in all_ if (o.place, o.what) == key), default=None,
                        key=lambda o: o.seconds) for all_ in (had, has))  # fmt: skip
        if old and new and new.seconds > old.seconds:
            yield _told(old, new)
    slept = [sorted((o for o in all_ if o.what == SLEEP), key=lambda o: -o.seconds)
             for all_ in (had, has)]  # fmt: skip
    yield from (_told(*pair) for pair in zip(*slept, strict=False) if pair[1][2] > pair[0][2])


def _told(old: Wait, new: Wait) -> Habit:
    return Habit("waits longer", f"{new.what} was {old.seconds:g}, is {new.seconds:g}", new.line)


def _seconds(text: str) -> Iterator[Wait]:
    """All whose limit is known in this file."""
    tree = parsed(text)
    modules, numbers = imported(tree), Numbers(tree)
    for place, node, defaults in functions(tree):
        for what, given in _given(node, modules):
            value = numbers.of(given, defaults)
            if value is not None:
                yield Wait(place, what, value, node.lineno)


def _given(node: ast.expr, modules: dict[str, str]) -> Iterator[tuple[str, ast.expr]]:
    """What waits or compares, in words, and the expression of its limit."""
    if isinstance(node, ast.Call):
        name = dotted(node.func).rpartition(".")[2]
        if _full(node.func, modules) in SLEEPS:
            yield from ((SLEEP, one) for one in node.args[:1])
        elif isinstance(node.func, ast.Attribute) and _takes_a_limit(node, name):
            yield ast.unparse(node.func)[:60], node.args[LIMITED[name]]
        for k in node.keywords:  # a number that stands there itself is seen by `widened`
            if k.arg == "timeout" and not isinstance(k.value, ast.Constant):
                yield ast.unparse(node.func)[:60], k.value
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for one, other in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
            if isinstance(one, ast.Call) and _difference(one):
                yield f"the tolerance of {ast.unparse(one)}"[:80], other


def _takes_a_limit(node: ast.Call, name: str) -> bool:
    if name not in LIMITED or len(node.args) <= LIMITED[name]:
        return False
    first = node.args[0]
    return name not in FLAGGED or (
        isinstance(first, ast.Constant) and isinstance(first.value, bool)
    )


def _difference(node: ast.Call) -> bool:
    """``abs(a - b)``"""
    inner = node.args[0] if node.args else None
    called = dotted(node.func) in ("abs", "math.fabs")
    return called and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub)


def _full(node: ast.expr, modules: dict[str, str]) -> str:
    return spelled(node, modules) or dotted(node)
