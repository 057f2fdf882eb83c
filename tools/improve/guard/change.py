"""What a change does, file by file: the guard's rules that need the whole text. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from improve.guard.crossed import crossed
from improve.guard.habits import Habit, new_habits, texts_of
from improve.guard.literals import special_cases, widened
from improve.records import Verdict

GOOD = "no swallowed error, sleep, retry, widened limit, special case or crossed argument is new"


def inspect_change(
    before: Mapping[str, str], after: Mapping[str, str], test: str, error: str | None
) -> Verdict:
    """One verdict on the changed product files (path -> text; absent in ``before`` when new).

    ``test`` is the text of the reproduction, ``error`` the type of the failure.
    """
    reasons = [
        f"{path}:{one.line} {one.rule}: {one.what}"
        for path, text in texts_of(after).items()
        for one in _found(before.get(path), text, test, error)
    ]
    return Verdict(rule="conduct", passed=not reasons, reason="; ".join(reasons[:3]) or GOOD)


def _found(before: str | None, after: str, test: str, error: str | None) -> list[Habit]:
    return [
        *new_habits(before, after, error),
        *special_cases(before, after, test),
        *widened(before, after),
        *crossed(before, after),
    ]
