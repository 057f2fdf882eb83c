"""Whether the runs after a fix were perturbed as those before it. Pure.

A pass counts because the same perturbing made the test fail before. A fix may use up the delays of a
run, take the amplifier's hook away, or make of forks new interpreters; so may an honest one, which
then is not refused: such runs only do not show anything.
"""

from __future__ import annotations

import math

from improve.checks import statistics
from improve.records import Rate

WORDS = {
    "delays": "the delays of the run were used up",
    "first delays": "the first delays of all lines were used up",
    "cuts": "the cuts of connections were used up",
    "hook": "what perturbs the run was switched off or replaced",
}
LINES = "a function ran so often that its lines were no longer followed"
KINDS = {"fork": "forks of one process", "process": "new interpreters"}


def unlike(before: Rate, after: Rate, needed: int) -> str:
    """Why the passes of ``after`` are not those of runs like ``before``; '' when they are.

    ``needed``: so many passes are wanted of runs that were perturbed as wholly as those before.
    """
    if before.how != after.how:
        return (
            f"before, the runs were {KINDS[before.how]}, with the fix {KINDS[after.how]}: "
            "strings hash in another way there, and threads that are alive at the start differ"
        )
    for name, runs in after.ended_early.items():
        whole = after.runs - runs + math.ceil(_usual(before, name) * after.runs)
        if whole < needed:
            return (
                f"in {runs:,} of {after.runs:,} runs with the fix {WORDS.get(name, LINES)}, before "
                f"the fix in {before.ended_early.get(name, 0):,} of {before.runs:,}"
            )
    return ""


def _usual(before: Rate, name: str) -> float:
    """The largest share, by 95 %, of the runs before in which it was so; 0 when it never was."""
    runs = before.ended_early.get(name, 0)
    return statistics.interval(min(runs, before.runs), before.runs)[1] if runs else 0.0
