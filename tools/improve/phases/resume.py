"""Make a run ready to go on: what is finished stays, what ran out of time is done again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from improve import journal, rundir
from improve.errors import ImproveError
from improve.records import ARTIFACTS, Fix, ReportFacts

MOVED = ".before"


def prepare(run: Path, order: Sequence[str], first: str | None) -> None:
    """Set aside the artifacts that have to be made again.

    Without ``first`` that is the report, and the fix when it only ran out of budget. Artifacts
    are renamed to ``<name>.json.before``, never deleted; attempts that are finished stay and are
    not paid for again.
    """
    if first is None:
        fix = _loaded_or_none(run)
        first = "fix" if fix is not None and fix.outcome == "out_of_budget" else "report"
    again = order[list(order).index(first) :]
    for kind in ARTIFACTS:
        if kind.schema_name in again:
            path = rundir.artifact_path(run, kind)
            with contextlib.suppress(FileNotFoundError):
                path.replace(path.with_name(path.name + MOVED))
    if first == "fix" and list(order).index("fix") >= 0:
        journal.append(run, "again", phases=list(again))


def _loaded_or_none(run: Path) -> Fix | None:
    try:
        return rundir.load(run, Fix)
    except ImproveError:
        return None


__all__ = ["ReportFacts", "prepare"]
