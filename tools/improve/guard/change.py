"""What a change does, file by file: the guard's rules that need the whole text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from improve.guard.answers import new_answers
from improve.guard.conditions import new_conditions
from improve.guard.crossed import crossed
from improve.guard.habits import Habit, new_habits
from improve.guard.idling import new_idling
from improve.guard.leaving import new_ends
from improve.guard.literals import special_cases, widened
from improve.guard.pinning import pinned
from improve.guard.reaching import new_reach
from improve.guard.silences import new_silences
from improve.guard.waiting import longer_waits
from improve.guard.wording import is_code, new_wording
from improve.records import Verdict

GOOD = "nothing that goes around the cause is new: no swallowed error, sleep, retry or special case"
# A head like this stands over what a program writes; Go's, protobuf's and Meta's forms among them.
GENERATED = re.compile(
    r"@generated|(?i:generated (?:by|from|code|file)\b.{0,200}do not (?:edit|modify))|DO NOT EDIT"
)
HEAD_LINES, LINE_CAP = 5, 400


def inspect_change(
    before: Mapping[str, str],
    after: Mapping[str, str],
    test: str,
    error: str | None,
    *,
    linted: bool = True,
) -> Verdict:
    """One verdict on the changed product files (path -> text; absent in ``before`` when new).

    ``test`` is the text of the reproduction, ``error`` the type of the failure; ``linted`` is off where
    the check is certainly no linter, but a test.
    """
    reasons = [
        f"{path}:{one.line} {one.rule}: {one.what}"
        for path, text in after.items()
        for one in _found(path, before.get(path), text, test, error)
    ]
    silences = new_silences(before, after) if linted else []
    reasons += [f"{path}:{one.line} {one.rule}: {one.what}" for path, one in silences]
    return Verdict(rule="conduct", passed=not reasons, reason="; ".join(reasons[:3]) or GOOD)


def _found(
    path: str, before: str | None, after: str, test: str, error: str | None
) -> Iterator[Habit]:
    if line := _generated(before or ""):
        yield Habit("edits what a program writes", "change what it is made from", line)
    if is_code(path):
        yield from new_wording(path, before, after, test)
    if path.endswith((".py", ".pyi")):
        yield from new_habits(before, after, error)
        yield from special_cases(before, after, test)
        yield from pinned(before, after, test)
        yield from widened(before, after)
        yield from crossed(before, after)
        yield from new_reach(path, before, after, error)
        yield from new_answers(before, after, test)
        yield from longer_waits(before, after)
        yield from new_idling(before, after)
        yield from new_conditions(before, after)
        yield from new_ends(path, before, after, test)


def _generated(text: str) -> int:
    """The line of the head that says so; 0 for a text that people write."""
    for number, line in enumerate(text.split("\n", HEAD_LINES)[:HEAD_LINES], start=1):
        if GENERATED.search(line[:LINE_CAP]):
            return number
    return 0
