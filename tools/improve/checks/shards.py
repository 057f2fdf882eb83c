"""Shares of one measurement, each made on a machine of its own, and how they are joined. Pure.

Which rule ends the runs: a share cannot look at the others, so no share stops because of what it
saw. Each decides on a number of runs before the first counted one (the pilot that it takes the
number from has seeds of its own and is not counted) and makes all of them. Nothing is looked at
until every share is there; then the counts are added up and judged once. So the number of runs is
fixed in advance, as Fisher's test wants it, and the chance of a wrong "gone" is what was asked for.
A share that is missing is refused, since machines may get lost for the very reason looked for.

Each share has a block of seeds of its own, so no run is made twice. Below the first block lie the
seeds of the runs that one machine makes alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from improve.checks.shards_alike import Placed, must_be_alike, under
from improve.errors import ImproveError
from improve.evidence import compare
from improve.prompts import count
from improve.records import Failure, Rate, Stressed
from improve.records.stress import Series

BLOCK = 10_000_000  # seeds of one share
BEFORE, AFTER, LOOKING, PILOT = 1, 3_000_001, 6_000_001, 9_000_001  # where they begin in a block
MOST_SHARDS = 256  # jobs that GitHub starts of one matrix
MOST_RUNS = 1_000_000  # of one share, under one setting


def first_seed(shard: int, kind: int) -> int:
    """Seed of the first run of share ``shard`` (from 1); ``kind`` is BEFORE, AFTER, ..."""
    return shard * BLOCK + kind


def joined(parts: Sequence[Placed]) -> Stressed:
    """All shares as one measurement, not yet judged.

    Raises: ImproveError that names the file, what is wrong with it, and the cure, for shares that
    are missing, given twice, or not of the same measurement.
    """
    _whole(parts)
    for place, one in parts:
        _own_runs(place, one)
        must_be_alike(parts[0], (place, one))
    ordered = [one for _, one in sorted(parts, key=lambda part: part[1].shard)]
    observed = _observed(ordered)
    counted = [_counted(one, observed) for one in ordered]
    had = [name for name in ordered[0].settings if all(under(one, name) for one in counted)]
    left_out = [name for name in ordered[0].settings if name not in had]
    afters = [one.after for one in counted if one.after]
    notes = [note for one in ordered for note in one.notes]
    if left_out:
        notes.append(f"Not run on every machine, so left out: {', '.join(left_out)}.")
    return ordered[0].model_copy(
        update={
            "shard": 1,
            "machines": len(ordered),
            "before": tuple(_sum([_needed(one, name) for one in counted]) for name in had),
            "after": _sum(afters) if afters else None,
            "replayed": sum(one.replayed for one in ordered),
            "replay_failures": sum(one.replay_failures for one in ordered),
            "observed": observed,
            "sandbox": ", ".join(dict.fromkeys(one.sandbox for one in ordered)),
            "notes": tuple(dict.fromkeys(notes)),
            "seconds": max(one.seconds for one in ordered),
        }
    )


def _whole(parts: Sequence[Placed]) -> None:
    if not parts:
        raise ImproveError("There is no share to merge.", "Give the folder that holds all shares.")
    of = parts[0][1].shards
    seen: dict[int, str] = {}
    for place, one in parts:
        if one.machines > 1:
            raise ImproveError(f"{place} is merged already.", "Merge the shares that it is of.")
        if one.shards != of or one.shard > of:
            raise ImproveError(
                f"{place} is share {one.shard} of {one.shards}, {parts[0][0]} is one of {of}.",
                "Merge the shares of one measurement alone: take the others out of the folder.",
            )
        if one.shard in seen:
            raise ImproveError(
                f"Share {one.shard} is there twice: {seen[one.shard]} and {place}.",
                "Its runs would count twice. Keep the newer one.",
            )
        seen[one.shard] = place
    missing = [str(number) for number in range(1, of + 1) if number not in seen]
    if missing:
        raise ImproveError(
            f"{count(len(missing), 'share')} of {of} missing: {', '.join(missing)}.",
            "Start the missing ones again (at GitHub: Re-run failed jobs), then merge once more. "
            "Without them the verdict could be wrong: what failed may be what ended them.",
        )


def _own_runs(place: str, one: Stressed) -> None:
    low, high = one.shard * BLOCK, (one.shard + 1) * BLOCK
    for series in (*one.before, *filter(None, [one.after])):
        rate = series.rate
        good = 0 <= rate.failures + series.others <= rate.runs <= MOST_RUNS
        if not good or not all(low < seed < high for seed in rate.seeds):
            raise ImproveError(
                f"{place} tells of runs that share {one.shard} cannot have made ({rate.amplifier}).",
                "It was changed by hand, or is of another version. Make this share again.",
            )


def _needed(one: Stressed, setting: str) -> Series:
    found = under(one, setting)
    assert found is not None  # noqa: S101 - asked for settings that every share has
    return found


def _observed(parts: Sequence[Stressed]) -> Failure | None:
    """Of the share that saw most failures: what all are compared with."""
    best = max(parts, key=lambda one: sum(series.rate.failures for series in one.before))
    return best.observed


def _counted(one: Stressed, observed: Failure | None) -> Stressed:
    """Before, only failures of one kind count; fewer of them ask for more passes after."""
    if observed is None or one.observed is None or compare(observed, one.observed).same:
        return one
    moved = tuple(
        series.model_copy(
            update={
                "rate": series.rate.model_copy(update={"failures": 0}),
                "others": series.others + series.rate.failures,
            }
        )
        for series in one.before
    )
    return one.model_copy(update={"before": moved})


def _sum(parts: Sequence[Series]) -> Series:
    rates = [one.rate for one in parts]
    return Series(
        planned=sum(one.planned for one in parts),
        others=sum(one.others for one in parts),
        rate=Rate(
            amplifier=rates[0].amplifier,
            failures=sum(one.failures for one in rates),
            runs=sum(one.runs for one in rates),
            seeds=tuple(seed for one in rates for seed in one.seeds),
            settings=tuple(drawn for one in rates for drawn in one.settings),
            how=rates[0].how,
            limit=rates[0].limit,
            seconds=round(sum(one.seconds for one in rates), 2),
            cpu_seconds=round(sum(one.cpu_seconds for one in rates), 2),
            ended_early=dict(sum((Counter(one.ended_early) for one in rates), Counter())),
        ),
    )
