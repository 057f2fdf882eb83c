"""Which product lines to suspect: traceback, line coverage, and names that the test speaks of.

Coverage counts by Ochiai: lines run by failing tests and by few passing ones come first. The
traceback is always added to it, because a test that sets a trace function of its own leaves no
coverage behind.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from improve.records import Failure
from improve.repair.source import FunctionNode, Source

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,60}")
_FOREIGN = ("site-packages", "dist-packages", ".venv", "venv", ".tox", ".nox", "node_modules")


@dataclass(frozen=True)
class Suspect:
    """One product line and how much it is suspected, in (0, 1]."""

    path: str
    line: int
    score: float


@dataclass(frozen=True)
class Trace:
    """What one test executed: path below the tree -> lines."""

    node_id: str
    failed: bool
    lines: Mapping[str, frozenset[int]]


def is_product(path: str) -> bool:
    """Whether a path below the tree is product code: Python, no test, nobody else's package."""
    parts = PurePosixPath(path).parts
    if not path.endswith(".py") or path.startswith(("/", "..", "<")):
        return False
    if any(part in _FOREIGN for part in parts):
        return False
    name = parts[-1]
    testing = name.startswith("test_") or name.endswith("_test.py") or name in _SUPPORT
    return not testing and not any(part in ("tests", "test", "testing") for part in parts[:-1])


_SUPPORT = ("conftest.py", "setup.py", "noxfile.py", "tests.py", "test.py")


def parse_traces(text: str) -> tuple[Trace, ...]:
    """The tracer's result file: one JSON object a line, ``{"id", "failed", "lines"}``.

    Lines that are cut short (the run was ended) are left out.
    """
    found = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            lines = {str(p): frozenset(map(int, ns)) for p, ns in entry["lines"].items()}
            found.append(Trace(str(entry["id"]), bool(entry["failed"]), lines))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return tuple(found)


def ochiai(traces: Sequence[Trace]) -> dict[tuple[str, int], float]:
    """(path, line) -> suspiciousness, for lines that a failing test ran."""
    failing = [t for t in traces if t.failed]
    passing = [t for t in traces if not t.failed]
    by_failing = _counts(failing)
    by_passing = _counts(passing)
    return {
        place: count / math.sqrt(len(failing) * (count + by_passing.get(place, 0)))
        for place, count in by_failing.items()
    }


def _counts(traces: Iterable[Trace]) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for trace in traces:
        for path, lines in trace.lines.items():
            for line in lines:
                found[path, line] = found.get((path, line), 0) + 1
    return found


def from_traceback(failure: Failure) -> dict[tuple[str, int], float]:
    """Product frames of the traceback; the innermost weighs most."""
    frames = [(f.file, f.line) for f in failure.frames if is_product(f.file) and f.line]
    if not frames and failure.file and failure.line and is_product(failure.file):
        frames = [(failure.file, failure.line)]
    return {
        place: 1.0 - 0.25 * min(depth, 2)
        for depth, place in reversed(list(enumerate(frames[::-1])))
    }


def suspects(
    failure: Failure,
    traces: Sequence[Trace],
    sources: Mapping[str, Source],
    test_text: str = "",
) -> tuple[Suspect, ...]:
    """Product lines, most suspicious first; only lines of ``sources``."""
    scores = {p: 0.9 * s for p, s in ochiai(traces).items() if is_product(p[0])}
    for place, score in from_traceback(failure).items():
        scores[place] = max(score, scores.get(place, 0.0))
    words = set(_WORD.findall(test_text[:200_000]))
    for path, source in sources.items():
        _spread(path, source, scores, words)
    found = [Suspect(p, n, round(s, 4)) for (p, n), s in scores.items() if p in sources]
    return tuple(sorted(found, key=lambda s: (-s.score, s.path, s.line)))


def _spread(
    path: str, source: Source, scores: dict[tuple[str, int], float], words: set[str]
) -> None:
    """Lines that no tracer can see: signatures, continued lines, functions the test names.

    A wrong default value stands in the signature, and a statement of several lines is reported
    by its first line only.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, FunctionNode):
            inside = [
                scores.get((path, n), 0.0)
                for n in range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
            ]
            weight = 0.8 * max(inside, default=0.0)
            if not weight and node.name in words:
                weight = 0.2
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    scores.setdefault((path, line), 0.15)
            for line in range(node.lineno, node.body[0].lineno) if weight else ():
                scores[path, line] = max(weight, scores.get((path, line), 0.0))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            first = max(
                (
                    scores.get((path, n), 0.0)
                    for n in range(node.lineno, (node.end_lineno or 0) + 1)
                ),
                default=0.0,
            )
            for line in range(node.lineno, (node.end_lineno or 0) + 1) if first else ():
                scores.setdefault((path, line), first)
    _spread_module(path, source, scores)


def _spread_module(path: str, source: Source, scores: dict[tuple[str, int], float]) -> None:
    """Constants at the top of a file run at import, before any test: they follow their users."""
    for node in source.tree.body:
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        used = [
            scores.get((path, n.lineno), 0.0)
            for n in ast.walk(source.tree)
            if isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Load)
        ]
        weight = 0.7 * max(used, default=0.0)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1) if weight else ():
            scores[path, line] = max(weight, scores.get((path, line), 0.0))


def describe(suspect: Suspect, source: Source | None) -> str:
    """'path:line function', for reports."""
    name = ""
    for node in ast.walk(source.tree) if source else ():
        if isinstance(node, FunctionNode) and (
            node.lineno <= suspect.line <= (node.end_lineno or node.lineno)
        ):
            name = node.name
    return f"{suspect.path}:{suspect.line} {name}".strip()
