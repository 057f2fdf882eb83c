"""Fixers for waiting by the clock: wait for the thread, the tasks or the event themselves.

A sleep, and a limit whose end nobody looks at, guess how long something takes ("async wait", the
most frequent cause in Luo et al., "An Empirical Analysis of Flaky Tests", FSE 2014).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import blocks, called, dotted
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, FunctionNode, Source, statement_lines

_Found = Iterator[tuple[str, Mutation]]
STARTS = ("create_task", "ensure_future")


def unawaited_tasks(sources: Mapping[str, Source]) -> _Found:
    """Tasks are started, then some time is slept: wait for those tasks instead."""
    for path, source in sources.items():
        for holder in (n for n in ast.walk(source.tree) if isinstance(n, ast.AsyncFunctionDef)):
            for block in blocks(holder):
                for index, node in enumerate(block):
                    sleeps = _sleeps(node, "asyncio.sleep")
                    made = _gathered(source, holder, block[:index], node) if sleeps else None
                    if made is not None:
                        yield path, made


def _sleeps(node: ast.stmt, name: str) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    return isinstance(value, ast.Call) and dotted(value.func) == name


def _gathered(
    source: Source, holder: ast.AsyncFunctionDef, before: list[ast.stmt], sleep: ast.stmt
) -> Mutation | None:
    kept = _kept(before)
    edits: list[Edit] = []
    if kept is None:
        loose = [
            one.value for part in before for one in ast.walk(part)
            if isinstance(one, ast.Expr) and called(one.value) in STARTS
        ]  # fmt: skip
        known = {n.id for n in ast.walk(holder) if isinstance(n, ast.Name)}
        name = next(one for one in ("tasks", "started", "_tasks") if one not in known)
        top = next((p for p in before if any(c in ast.walk(p) for c in loose)), None)
        own = statement_lines(source, top) if top else None
        if not loose or own is None or top is None:
            return None
        edits.append(
            Edit(own[0], own[0], f"{source.indent(top.lineno)}{name} = []{source.newline}")
        )
        edits += [Edit(*source.span(c), f"{name}.append({source.segment(c)})") for c in loose]
        kept = f"*{name}"
    edits.append(Edit(*source.span(sleep), f"await asyncio.gather({kept})"))
    why = f"`{source.segment(sleep)}` guessed how long the tasks take; now they are awaited"
    return Mutation(tuple(edits), sleep.lineno, "await-tasks", 1.9, why)


def _kept(before: list[ast.stmt]) -> str | None:
    """What to gather when the block keeps its tasks already: a list of them, or one by one."""
    single = []
    for one in before:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
            value, name = one.value, one.targets[0].id
            if isinstance(value, ast.ListComp) and called(value.elt) in STARTS:
                return f"*{name}"
            if called(value) in STARTS:
                single.append(name)
    return ", ".join(single) if single else None


def ignored_limits(sources: Mapping[str, Source]) -> _Found:
    """`thread.join(0.01)` and nobody looks whether it ended: join until it has."""
    for path, source in sources.items():
        events = _of_kind(source, "Event")
        for node in ast.walk(source.tree):
            call = node.value if isinstance(node, ast.Expr) else None
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if len(call.args) + len(call.keywords) != 1 or _looked_at(source, node):
                continue
            what = dotted(call.func.value)
            if call.func.attr == "join" or (call.func.attr == "wait" and what in events):
                text = f"{source.segment(call.func)}()"
                why = f"`{source.segment(call)}` went on whether it was done or not; it now waits for it"
                edit = Edit(*source.span(call), text)
                yield path, Mutation((edit,), call.lineno, "wait-until-done", 1.8, why)


def _looked_at(source: Source, node: ast.AST) -> bool:
    holder = source.function_of(node) or source.tree
    asks = ("is_alive", "is_set", "exitcode")
    return any(isinstance(one, ast.Attribute) and one.attr in asks for one in ast.walk(holder))


def _of_kind(source: Source, kind: str) -> set[str]:
    return {
        dotted(one.targets[0])
        for one in ast.walk(source.tree)
        if isinstance(one, ast.Assign) and called(one.value) == kind
    }


def slept_for_threads(sources: Mapping[str, Source]) -> _Found:
    """A thread is started and some time slept: join the thread instead."""
    for path, source in sources.items():
        threads = _of_kind(source, "Thread")
        for holder in (one for one in ast.walk(source.tree) if isinstance(one, FunctionNode)):
            for block in blocks(holder):
                for index, node in enumerate(block):
                    started = [s for s in map(_started, block[:index]) if s in threads]
                    if started and _sleeps(node, "time.sleep"):
                        gap = source.newline + source.indent(node.lineno)
                        text = gap.join(f"{one}.join()" for one in started)
                        why = f"`{source.segment(node)}` guessed how long the thread takes"
                        edit = Edit(*source.span(node), text)
                        yield path, Mutation((edit,), node.lineno, "join-thread", 1.7, why)


def _started(node: ast.stmt) -> str:
    call = node.value if isinstance(node, ast.Expr) else None
    if called(call) == "start" and isinstance(call, ast.Call):
        return dotted(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    return ""
