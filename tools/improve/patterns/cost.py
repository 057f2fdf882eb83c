"""What flaky tests cost: minutes of jobs that were red and say nothing of the change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from improve.records.history import History

Job = tuple[str, int, str]


def shares(
    groups: Sequence[Collection[int]],
    failed: Mapping[int, Collection[int]],
    broken: Collection[int],
    history: History,
) -> list[tuple[int, float]]:
    """Of each group of tests: in how many jobs it failed, and its share of their minutes.

    A red job's minutes are divided among the groups that failed in it; where a broken test failed as
    well it would have been red anyway. ``failed``: test -> parts; ``broken``: parts with such a test.
    """
    minutes = job_minutes(history)
    anyway = {_job(history, at) for at in broken}
    red = [{_job(history, at) for test in group for at in failed[test]} for group in groups]
    blamed: dict[Job, int] = {}
    for jobs in red:
        for job in jobs:
            blamed[job] = blamed.get(job, 0) + 1
    return [
        (len(jobs), sum(minutes[job] / blamed[job] for job in jobs if job not in anyway))
        for jobs in red
    ]


def job_minutes(history: History) -> dict[Job, float]:
    """Of each job of each attempt: its minutes as told, else those of its tests together."""
    told: dict[Job, float] = {}
    summed: dict[Job, float] = {}
    for at, (part, seconds) in enumerate(zip(history.parts, history.seconds, strict=True)):
        job = _job(history, at)
        if part.minutes is not None:
            told[job] = max(told.get(job, 0.0), part.minutes)
        summed[job] = summed.get(job, 0.0) + seconds / 60
    return {**summed, **told}


def _job(history: History, part: int) -> Job:
    one = history.parts[part]
    return one.run, one.attempt, one.job
