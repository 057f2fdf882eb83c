"""What many runs of one test say, once all of them are there. Pure.

The runs alone: whether a fix breaks something else, or goes around the test, is the proof of
``improve fix``.
"""

from __future__ import annotations

from improve.checks import statistics
from improve.checks.confidence import confidence_of
from improve.checks.fisher import more_often
from improve.checks.unlike import unlike
from improve.prompts import count, percent
from improve.records import Rate, Stressed
from improve.records.stress import Series

RARER = 0.001  # so unlikely by chance, it did become rarer
ENDED = "the runs that were decided on ended"


def judged(one: Stressed) -> Stressed:
    """The same with its outcome; one share of several stays unjudged (``checks.shards``)."""
    found = one.model_copy(
        update={
            "before": tuple(_with_interval(series) for series in one.before),
            "after": _with_interval(one.after) if one.after else None,
        }
    )
    if one.shards > one.machines:
        return found.model_copy(update={"reason": _one_share(one)})
    return _seen(found) if found.after is None else _compared(found, found.before[0], found.after)


def _with_interval(series: Series) -> Series:
    return series.model_copy(update={"interval": interval_of(series)})


def _one_share(one: Stressed) -> str:
    told = [f"{s.rate.failures} of {s.rate.runs} under {s.rate.amplifier}" for s in one.before]
    if one.after:
        told.append(f"{one.after.rate.failures} of {one.after.rate.runs} with the fix")
    return (
        f"share {one.shard} of {one.shards}: {', '.join(told)} failed; judged when all are merged"
    )


def on(machines: int) -> str:
    """'on 8 machines'."""
    return "on one machine" if machines == 1 else f"on {machines} machines"


def best(one: Stressed) -> Series | None:
    """The setting with the rate that is surely highest; None when it never failed."""
    shown = [series for series in one.before if series.rate.failures]
    return max(shown, key=lambda series: interval_of(series)[0], default=None)


def interval_of(series: Series) -> tuple[float, float]:
    """Of the rate, at 95 %."""
    counted = _counted(series)
    return statistics.interval(counted.failures, counted.runs)


def _counted(series: Series) -> Rate:
    """Runs that were decided on and not made count as passes: so the rate is never too high."""
    return series.rate.model_copy(update={"runs": max(series.planned, series.rate.runs)})


def _seen(one: Stressed) -> Stressed:
    shown = best(one)
    if shown is None:
        runs = [series.rate.runs for series in one.before]
        told = (
            f"It did not fail in {sum(runs):,} runs {on(one.machines)} under "
            f"{count(len(runs), 'setting')}; under each its rate is below "
            f"{percent(statistics.bound(min(runs, default=0)))}, at 95 %"
        )
        return one.model_copy(update={"outcome": "not_seen", "reason": told})
    rate, (low, high) = _counted(shown), interval_of(shown)
    told = (
        f"It failed in {rate.failures:,} of {rate.runs:,} runs under {rate.amplifier}, "
        f"{on(one.machines)}: a rate of {percent(low)} to {percent(high)}, at 95 %"
    )
    if len(one.before) > 1:
        told += "; chosen among several settings, so it may be less in other runs"
    return one.model_copy(update={"outcome": "seen", "reason": told})


def _compared(one: Stressed, before: Series, after: Series) -> Stressed:
    base, rate = _counted(before), after.rate
    where = on(one.machines)
    if rate.failures or one.replay_failures:
        told = f"With the fix it failed in {rate.failures:,} of {rate.runs:,} runs {where}"
        if one.replay_failures:
            told += f", and for {one.replay_failures} of {one.replayed} seeds that failed before"
        told += f"; before in {base.failures:,} of {base.runs:,}"
        if more_often(base.failures, base.runs, rate.failures, rate.runs) <= RARER:
            told += ". It became rarer: a part of it may be repaired"
        return one.model_copy(update={"outcome": "still_fails", "reason": told})
    if base.failures < statistics.LEAST_FAILURES:
        told = (
            f"Before, it failed in {base.failures} of {base.runs:,} runs {where}: "
            "too rarely to prove anything"
        )
        return one.model_copy(update={"outcome": "not_shown", "reason": told})
    shown = confidence_of(base, rate, one.asked, ENDED)
    shown = shown.model_copy(update={"condition": f"{shown.condition}, {where}"})
    needed = statistics.passes_needed(base.failures, base.runs, one.asked)
    other = unlike(base, rate, needed)
    short = _not_replayed(one, before)
    good = shown.chance <= 1 - one.asked and after.whole and not other and not short
    told = f"{shown.sentence.rstrip('.')}, {where}" if good else other or short or shown.not_shown
    if not after.whole:
        told = (
            f"{rate.runs:,} of {after.planned:,} runs were made with the fix {where}; the time "
            "ended them, so their number was not decided before"
        )
    return one.model_copy(
        update={
            "outcome": "gone" if good else "not_shown",
            "reason": told,
            "confidence": shown,
        }
    )


def _not_replayed(one: Stressed, before: Series) -> str:
    """That a replay broke off, in words: a seed that was not run again may well fail; '' else."""
    seeds = len(before.rate.seeds)
    if one.replayed >= seeds:
        return ""
    return (
        f"only {one.replayed} of {seeds} seeds that failed before were run again with the fix, so "
        "whether it passes with all of them is not known"
    )
