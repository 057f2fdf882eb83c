"""Make a cut test shorter while it still fails: few, well chosen questions to the real test."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from improve.cut.classes import is_docstring, member_names
from improve.cut.fixtures import fixture_name, is_autouse
from improve.cut.model import CannotCut
from improve.cut.names import mentioned_members
from improve.cut.recut import block_of, cut_module, recut, test_in_class
from improve.cut.source import DEFINITIONS, Edit, Text, count_lines, dotted

MOST_CALLS = 12


def shrink(
    source: str,
    still_fails: Callable[[str], bool],
    max_lines: int = 50,
    budget: Callable[[], bool] = lambda: True,
) -> str:
    """A shorter version of a cut test for which ``still_fails`` holds, or the source itself.

    ``still_fails`` runs the real test, so it is asked at most 12 times, only while the source
    has ``max_lines`` non-blank lines or more, and only while ``budget()`` says yes.
    """
    trial = _Trial(source, still_fails, max_lines, budget)
    for step in (_docstrings, _tail, _members, _tables, _asserts, _unasked, _chunks):
        if trial.open():
            with suppress(CannotCut, SyntaxError):  # no test in it: nothing to shorten
                step(trial)
    return trial.source


@dataclass
class _Trial:
    """The shortest source so far that was seen to fail."""

    source: str
    still_fails: Callable[[str], bool]
    max_lines: int
    budget: Callable[[], bool]
    calls: int = 0

    def open(self) -> bool:
        too_long = count_lines(self.source) >= self.max_lines
        return too_long and self.calls < MOST_CALLS and self.budget()

    def attempt(self, edits: list[Edit]) -> bool:
        """Do the edits, drop what nothing needs any more, and ask; True when it still fails."""
        text = Text(self.source)
        candidate = text.render(0, len(text.data), edits)
        try:
            candidate = recut(candidate)
            ast.parse(candidate)
        except (CannotCut, SyntaxError, ValueError, RecursionError):
            return False
        if not self.open() or count_lines(candidate) >= count_lines(self.source):
            return False
        self.calls += 1
        if self.still_fails(candidate):
            self.source = candidate
            return True
        return False


def _without(source: str, drop: Callable[[int, ast.stmt, int], bool]) -> list[Edit]:
    """Edits that drop the body statements for which ``drop(index, statement, count)`` holds."""
    text, body, lines = block_of(source)
    keep = {i for i, stmt in enumerate(body) if not drop(i, stmt, len(body))}
    return text.removals(body, lines, keep) if body and keep else []


def _docstrings(trial: _Trial) -> None:
    edits = []
    text = Text(trial.source)
    for node in ast.walk(ast.parse(trial.source)):
        if isinstance(node, DEFINITIONS) and len(node.body) > 1 and is_docstring(node.body[0]):
            keep = set(range(1, len(node.body)))
            edits += text.removals(node.body, (node.lineno, node.end_lineno or 0), keep)
    trial.attempt(edits)


def _tail(trial: _Trial) -> None:
    """Drop the statements after the failing one: by halves, as the line may be a helper's."""
    low, high = 1, len(block_of(trial.source)[1])
    while low < high and trial.open():
        middle = (low + high) // 2
        if trial.attempt(_without(trial.source, lambda i, _s, _n, m=middle: i >= m)):  # type: ignore[misc]
            high = middle
        else:
            low = middle + 1


def _members(trial: _Trial) -> None:
    """Drop members of plain helper classes that no kept code names."""
    module = cut_module(trial.source)
    mentioned = mentioned_members(trial.source)
    edits: list[Edit] = []
    for unit in module.units:
        node = unit.node
        if isinstance(node, ast.ClassDef) and not test_in_class(module, node):
            keep = {
                i
                for i, stmt in enumerate(node.body)
                if member_names(stmt) & mentioned
                or any(n.startswith("__") for n in member_names(stmt))
            }
            edits += module.text.removals(node.body, (node.lineno, node.end_lineno or 0), keep)
    trial.attempt(edits)


def _tables(trial: _Trial) -> None:
    """Drop entries of module-level dicts whose keys no other code mentions: all, then each."""
    module = cut_module(trial.source)
    tables = [
        (unit, node)
        for unit in module.units
        for node in [getattr(unit.node, "value", None)]
        if isinstance(node, ast.Dict) and unit.last - unit.first > 4
    ]
    own = {id(node): module.source_of(unit) for unit, node in tables}
    edits = []
    for _, node in tables:
        rest = trial.source.replace(own[id(node)], "")
        kept = [
            f"{'**' if key is None else module.render(key) + ': '}{module.render(value)}"
            for key, value in zip(node.keys, node.values, strict=True)
            if not isinstance(key, ast.Constant) or str(key.value) in rest
        ]
        if len(kept) < len(node.keys):
            lines = "".join(f"    {entry},\n" for entry in kept)
            edits.append(Edit(*module.text.span(node), "{\n" + lines + "}"))
    if edits and not trial.attempt(edits):
        for edit in sorted(edits, key=lambda e: e.start - e.end)[:2]:
            if trial.open() and trial.attempt([edit]):
                return  # the other edits no longer fit the source


def _asserts(trial: _Trial) -> None:
    """Drop all checks before the last statement at once."""
    trial.attempt(_without(trial.source, lambda i, s, n: i + 1 < n and _is_check(s)))


def _is_check(stmt: ast.stmt) -> bool:
    if isinstance(stmt, ast.Expr) and isinstance(stmt.value, ast.Call):
        return dotted(stmt.value.func).split(".")[-1].startswith("assert")
    return isinstance(stmt, ast.Assert)


def _unasked(trial: _Trial) -> None:
    """Drop autouse fixtures and statements that only have effects."""
    module = cut_module(trial.source)
    edits = []
    for unit in module.units:
        effect = not unit.binds and not unit.is_import
        if effect or (fixture_name(unit.node) and is_autouse(unit.node)):
            text = module.text
            edits.append(Edit(text.offset(unit.first), text.offset(unit.last + 1), ""))
    trial.attempt(edits)


def _chunks(trial: _Trial) -> None:
    """Delta debugging: ever smaller runs of statements, never the last one."""
    for low, high in _halves(len(block_of(trial.source)[1])):
        if not trial.open():
            return
        count = len(block_of(trial.source)[1])
        if low < count - 1:
            drop = range(low, min(high, count - 1))
            trial.attempt(_without(trial.source, lambda i, _s, _n, d=drop: i in d))  # type: ignore[misc]


def _halves(count: int) -> Iterator[tuple[int, int]]:
    """Runs from the back, so that a success does not move those still to come."""
    size = count // 2
    while size:
        for low in range((count - 1) // size * size, -1, -size):
            yield low, low + size
        size //= 2
