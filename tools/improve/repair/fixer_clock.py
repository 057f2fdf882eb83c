"""Fixers for the clock: one moment is read once, days are compared in one zone, months end.

Elapsed time is left alone: where anything else is called between two readings, or one is
subtracted from the other, they are two moments.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from improve.repair.blocks import called, dotted
from improve.repair.imports import with_import, without_import
from improve.repair.mutation import Mutation
from improve.repair.source import Edit, FunctionNode, Source, statement_lines

_Found = Iterator[tuple[str, Mutation]]
CLOCKS = ("time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today")
QUICK = {  # they take no time of their own
    "int", "round", "float", "str", "isoformat", "timestamp", "timedelta", "strftime", "date",
    "time", "now", "utcnow", "today", "replace", "astimezone", "time_ns", "dict", "datetime",
    "encode", "decode", "hex", "digest", "hexdigest", "strip", "lower", "format", "get", "update",
}  # fmt: skip
QUIET = ("hashlib", "hmac", "base64", "json", "secrets", "uuid", "random", "math", "itertools")


def _reads(node: ast.AST) -> bool:
    name = dotted(node.func) if isinstance(node, ast.Call) else ""
    return any(name == one or name.endswith(f".{one}") for one in CLOCKS)


def read_twice(sources: Mapping[str, Source]) -> _Found:
    """One moment for all of a function: the clock is read once, and that is used."""
    for path, source in sources.items():
        for holder in ast.walk(source.tree):
            if isinstance(holder, FunctionNode) and (made := _read_once(source, holder)):
                yield path, made


def _read_once(source: Source, holder: ast.FunctionDef | ast.AsyncFunctionDef) -> Mutation | None:
    calls = [one for one in ast.walk(holder) if isinstance(one, ast.Call)]
    calls.sort(key=lambda one: (one.lineno, one.col_offset))
    reads = [one for one in calls if _reads(one)]
    same = [one for one in reads if source.segment(one) == source.segment(reads[0])]
    if len(same) < 2 or any(_subtracted(source, one) for one in same):
        return None
    between = [one for one in calls if same[0].lineno <= one.lineno <= same[-1].lineno]
    top = next((s for s in holder.body if same[0] in ast.walk(s)), None)
    own = statement_lines(source, top) if top else None
    loops = (ast.For, ast.While, ast.AsyncFor, ast.Try, FunctionNode)
    if own is None or top is None or isinstance(top, loops):
        return None
    if any(called(one) not in QUICK and _module(one) not in QUIET for one in between):
        return None
    known = {n.id for n in ast.walk(holder) if isinstance(n, ast.Name)}
    name = next((n for n in ("now", "moment", "this_moment") if n not in known), None)
    if name is None:
        return None
    text = source.segment(same[0])
    line = f"{source.indent(top.lineno)}{name} = {text}{source.newline}"
    edits = (Edit(own[0], own[0], line), *(Edit(*source.span(one), name) for one in same))
    why = f"`{text}` was read {len(same)} times for one moment in `{holder.name}`; now it is once"
    return Mutation(edits, same[0].lineno, "read-clock-once", 1.9, why)


def _module(node: ast.Call) -> str:
    return dotted(node.func).split(".")[0]


def _subtracted(source: Source, node: ast.AST) -> bool:
    parent = source.parents.get(node)
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Sub)


def two_zones(sources: Mapping[str, Source]) -> _Found:
    """UTC here and the machine's own zone there: the local readings become UTC, too."""
    for path, source in sources.items():
        calls = [one for one in ast.walk(source.tree) if isinstance(one, ast.Call) and _reads(one)]
        aware = next((one for one in calls if _is_utc(source, one)), None)
        local = [
            one for one in calls
            if dotted(one.func).split(".")[-1] in ("today", "now") and not one.args and not one.keywords
        ]  # fmt: skip
        if aware is None or not local:
            continue
        utc = source.segment(aware)
        edits = [
            Edit(*source.span(one), f"{utc}.date()" if called(one) == "today" else utc)
            for one in local
        ]
        edits += without_import(source, "date", local)
        why = f"`{source.segment(local[0])}` is the machine's own time, the rest is in UTC; now all is"
        yield path, Mutation(tuple(edits), local[0].lineno, "one-zone", 1.9, why)


def _is_utc(source: Source, node: ast.Call) -> bool:
    if called(node) == "utcnow":
        return True
    given = [*node.args, *(one.value for one in node.keywords)]
    zone = dotted(given[0]).lower() if called(node) == "now" and len(given) == 1 else ""
    return zone.split(".")[-1] == "utc"


def month_ends(sources: Mapping[str, Source]) -> _Found:
    """`day.replace(month=...)` where the other month may be shorter: its last day at most."""
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and (made := _clamped(source, node)):
                yield path, made


def _clamped(source: Source, node: ast.Call) -> Mutation | None:
    given = {one.arg: one.value for one in node.keywords}
    if called(node) != "replace" or node.args or not isinstance(node.func, ast.Attribute):
        return None
    if "day" in given or not given or not set(given) <= {"year", "month"}:
        return None
    if any(isinstance(one, ast.Call) for value in given.values() for one in ast.walk(value)):
        return None
    what = source.segment(node.func.value)
    year = source.segment(given["year"]) if "year" in given else f"{what}.year"
    month = source.segment(given["month"]) if "month" in given else f"{what}.month"
    day = f"min({what}.day, calendar.monthrange({year}, {month})[1])"
    end = source.span(node)[1] - 1
    edits = (Edit(end, end, f", day={day}"), *with_import(source, "calendar"))
    why = f"the month may be too short for `{what}.day`; its last day is taken then"
    return Mutation(edits, node.lineno, "end-of-month", 1.9, why)
