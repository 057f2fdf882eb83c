"""Time that goes by for nothing, and calls that are made again until they please. Pure, Python only.

Each is a sleep by another name: an event that nobody can set, a loop that only reads the clock, a
function that is held under a name of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.guard.habits import SLEEPS, Habit, dotted, newly, parsed
from improve.guard.reaching import imported, spelled

CLOCKS = {"time.monotonic", "time.time", "time.perf_counter", "time.monotonic_ns", "time.time_ns"}
NOTHING = {"select.select", "select.poll", "select.epoll", "signal.sigtimedwait"}
FRESH = {"threading.Event", "threading.Condition", "threading.Barrier", "asyncio.Event",
         "queue.Queue", "multiprocessing.Event"}  # fmt: skip


def new_idling(before: str | None, after: str) -> list[Habit]:
    """What of that ``after`` does and ``before`` (None: a new file) did not as often."""
    return newly(_idle(before or ""), _idle(after))


def _idle(text: str) -> Iterator[Habit]:
    tree = parsed(text)
    modules = imported(tree)
    called = {id(one.func) for one in ast.walk(tree)
              if isinstance(one, ast.Call) and dotted(one.func) in SLEEPS}  # fmt: skip
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, (ast.Attribute, ast.Name)) and spelled(node, modules) in SLEEPS:
            if id(node) in called:
                continue  # the habits count those
            yield Habit("sleeps", f"uses {spelled(node, modules)}", line)
        elif isinstance(node, ast.Call) and _for_nothing(node, modules):
            yield Habit("sleeps", f"waits for what nobody sets: {ast.unparse(node)}"[:100], line)
        elif isinstance(node, ast.While) and _asks_the_clock(node, modules):
            yield Habit("sleeps", f"does nothing while {ast.unparse(node.test)}"[:100], line)
        elif isinstance(node, ast.For) and _until_it_pleases(node):
            yield Habit("retries", "tries again until the result is right", line)


def _for_nothing(node: ast.Call, modules: dict[str, str]) -> bool:
    """Of an event that was made for this wait, or on no file at all."""
    if spelled(node.func, modules) in NOTHING:
        first = node.args[:3]
        return len(first) > 2 and not any(getattr(one, "elts", "some") for one in first)
    made = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(made, ast.Call) and not made.args and spelled(made.func, modules) in FRESH


def _asks_the_clock(node: ast.While, modules: dict[str, str]) -> bool:
    asks = any(isinstance(one, ast.Call) and (spelled(one.func, modules) or dotted(one.func)) in CLOCKS
               for one in ast.walk(node.test))  # fmt: skip
    return asks and all(
        isinstance(one, (ast.Pass, ast.Continue))
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in node.body
    )


def _until_it_pleases(node: ast.For) -> bool:
    """``for _ in range(5): r = f()`` and then nothing but: if r is right, out."""
    if not (isinstance(node.iter, ast.Call) and dotted(node.iter.func) == "range"):
        return False
    calls = [one for one in node.body if isinstance(one, ast.Assign)]
    others = [one for one in node.body if not isinstance(one, (ast.Assign, ast.Expr))]
    if len(calls) != 1 or not isinstance(calls[0].value, ast.Call) or len(others) != 1:
        return False
    target, name = node.target, dotted(calls[0].targets[0])
    used = {one.id for inner in node.body for one in ast.walk(inner) if isinstance(one, ast.Name)}
    leaves = others[0]
    return (
        isinstance(leaves, ast.If)
        and isinstance(leaves.body[-1], (ast.Return, ast.Break))
        and name in {dotted(one) for one in ast.walk(leaves.test) if isinstance(one, ast.expr)}
        and isinstance(target, ast.Name)
        and target.id not in used
    )
