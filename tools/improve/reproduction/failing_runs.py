"""Keep what each failing run said: a line of JSON in the run folder, with the seed to repeat it by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from improve import rundir
from improve.evidence import redact
from improve.records import CheckRun

NAME = "failing-runs.jsonl"
MOST = 400  # lines; a search has five or fifteen failures of each setting


def keep_failing(run: Path, found: CheckRun) -> CheckRun:
    """The same; its failing runs stand in ``run`` behind those of earlier looks.

    Raises: ImproveError when the disk is full.
    """
    new = list(_lines(found))
    if new:
        place = run / NAME
        there = place.read_text("utf-8", "replace") if place.is_file() else ""
        lines = [*there.splitlines(keepends=True), *new][:MOST]
        rundir.write_whole(place, "".join(lines).encode())
    return found


def _lines(found: CheckRun) -> Iterator[str]:
    rate = found.rate
    if rate is None:
        return
    drawn = rate.settings or ({},) * len(rate.seeds)
    for seed, values, failure in zip(rate.seeds, drawn, found.failures, strict=False):
        said = failure.excerpt or failure.message
        told = {"setting": rate.amplifier, "seed": seed, "drawn": values, "how": rate.how,
                "error": failure.error_type, "said": redact(said)}  # fmt: skip
        yield json.dumps(told) + "\n"
