"""What a change newly does that makes a failure go away without its cause. Pure, Python only.

Static rules are not protection (the proof is); they say at once, and in words, what no reviewer
would take. Only what is *new* counts: the same habit, as often as before, is the project's own.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from improve.guard.alike import compares_falsely

BROAD = {"Exception", "BaseException", ""}
SLEEPS = {"time.sleep", "asyncio.sleep", "sleep", "anyio.sleep", "trio.sleep"}
RETRIES = {"retry", "retrying", "backoff", "tenacity", "flaky", "retry_call"}
PEEKS = {"sys._getframe", "inspect.stack", "inspect.currentframe", "traceback.extract_stack"}
RUNS = {"eval", "exec"}


class Habit(NamedTuple):
    """``rule`` of the guard, ``what`` in words (its identity, too), and the line."""

    rule: str
    what: str
    line: int


def new_habits(before: str | None, after: str, error: str | None) -> list[Habit]:
    """The habits of ``after`` that ``before`` (None: a new file) did not have as often.

    ``error`` is the type of the failure that is to be repaired. Text that is no Python has none.
    """
    return newly(_habits(before or "", error), _habits(after, error))


def newly(had: Iterable[Habit], has: Iterable[Habit]) -> list[Habit]:
    """Those of ``has`` that are not among ``had`` as often; where they stand is no matter."""
    left = Counter((one.rule, one.what) for one in had)
    found = []
    for one in has:
        left[one.rule, one.what] -= 1
        if left[one.rule, one.what] < 0:
            found.append(one)
    return found


def _habits(text: str, error: str | None) -> Iterator[Habit]:
    for node in ast.walk(parsed(text)):
        for rule, what in (*_of(node, error), *compares_falsely(node)):
            yield Habit(rule, what, getattr(node, "lineno", 0))


def _of(node: ast.AST, error: str | None) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.ExceptHandler):
        yield from _swallows(node, error)
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        if any(isinstance(one, ast.Try) and _tries_again(one) for one in node.body):
            yield "retries", "tries again until it passes"
    elif isinstance(node, ast.Call):
        yield from _calls(node, error)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _decorated(node)


def _swallows(node: ast.ExceptHandler, error: str | None) -> Iterator[tuple[str, str]]:
    caught = _names(node.type) if node.type else {""}
    told = ", ".join(sorted(caught)) or "everything"
    if _does_nothing(node.body) and (caught & BROAD or (error or "").split(".")[-1] in caught):
        yield "swallows the error", f"catches {told} and goes on"


def _does_nothing(body: list[ast.stmt]) -> bool:
    """Nothing but pass, continue, break, a constant, or the return of one."""
    return all(
        isinstance(one, (ast.Pass, ast.Continue, ast.Break))
        or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        or (isinstance(one, ast.Return) and (one.value is None or _constant(one.value)))
        for one in body
    )


def _constant(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(_constant(one) for one in node.elts)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Dict) and not node.keys)


def _tries_again(node: ast.Try) -> bool:
    return bool(node.handlers) and all(
        isinstance(handler.body[-1], (ast.Continue, ast.Pass)) for handler in node.handlers
    )


def _calls(node: ast.Call, error: str | None) -> Iterator[tuple[str, str]]:
    name = dotted(node.func)
    if name in SLEEPS:
        yield "sleeps", f"calls {name}"
    elif name in PEEKS:
        yield "looks at its caller", f"calls {name}"
    elif name in RUNS:
        yield "runs text as code", f"calls {name}"
    elif name in {"contextlib.suppress", "suppress"}:
        caught = {found for one in node.args for found in _names(one)}
        if caught & BROAD or (error or "").split(".")[-1] in caught:
            yield "swallows the error", f"suppresses {', '.join(sorted(caught))}"


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    for decorator in node.decorator_list:
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if set(name.split(".")) & RETRIES:
            yield "retries", f"is decorated with {name}"


def _names(node: ast.expr | None) -> set[str]:
    """The last parts of the names in an except clause."""
    if isinstance(node, ast.Tuple):
        return {name for one in node.elts for name in _names(one)}
    return {dotted(node).split(".")[-1]} if node is not None else set()


@lru_cache(maxsize=8)  # each rule asks anew, for the text before and after; nobody changes a tree
def parsed(text: str) -> ast.Module:
    """The text as Python; empty when it is none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def dotted(node: ast.expr) -> str:
    """A name like ``os.path.join``; '' for another expression."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
