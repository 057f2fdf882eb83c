"""What runs before and after a fix show of an intermittent failure, in numbers and words. Pure."""

from __future__ import annotations

from improve.checks import statistics
from improve.prompts import percent
from improve.records import Confidence, Rate


def confidence_of(
    before: Rate, after: Rate, asked: float, ended: str = "the time was up"
) -> Confidence:
    """Of no failure in the runs of ``after``, where ``before`` had some, under one setting.

    ``asked`` is the confidence that was asked for, ``ended`` what ended the runs, in words.
    """
    likely = statistics.chance(before.failures, before.runs, after.runs)
    perturbed = "nothing was perturbed" if before.amplifier == "plain" else before.amplifier
    return Confidence(
        asked=asked,
        chance=likely,
        before=before,
        after=after,
        interval=statistics.interval(before.failures, before.runs),
        bound=statistics.bound(after.runs),
        sentence=statistics.sentence(before.failures, before.runs, after.runs),
        condition=f"each run isolated ({after.how}), {perturbed}, seeds of its own",
        not_shown=_not_shown(before, after, likely, asked, ended),
    )


def _not_shown(before: Rate, after: Rate, likely: float, asked: float, ended: str) -> str:
    if likely > 1 - asked:
        needed = statistics.passes_needed(before.failures, before.runs, asked)
        return (
            f"{ended} after {after.runs} of {needed} runs; an unfixed failure would pass "
            f"them in {percent(likely)} of all cases"
        )
    if after.runs < statistics.FLOOR:
        return (
            f"{ended} after {after.runs} of {statistics.FLOOR} runs: that the failure only "
            f"became rarer, below {percent(statistics.bound(after.runs))}, is not ruled out"
        )
    return ""
