"""Make a run ready to go on: what is finished stays, what ran out of time is done again."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from improve import journal, ledger, rundir
from improve.errors import ImproveError
from improve.records import ARTIFACTS, Fix
from improve.workbench.folders import remove

MOVED = ".before"
ANEW = ("fetch-logs", "reproduce", "fix")
# What the phase `fix` leaves beside its artifact, and the beginnings of what it spends for.
FOLDERS, PURPOSES = ("attempts", "proof", "questions"), ("attempt ", "question ")
WRITTEN_TESTS = "reproduction-attempts"  # beside that of `reproduce`


def prepare(run: Path, order: Sequence[str], first: str | None) -> None:
    """Set aside the artifacts that have to be made again.

    Without ``first`` that is the report, and the fix when it only ran out of budget. Artifacts
    are renamed to ``<name>.json.before``, never deleted. Finished attempts stay and are not paid
    for again, unless ``first`` asks for the fix (or what it stands on) to be made anew.
    """
    if first in ANEW:
        fixing = first == "fix"
        ledger.set_aside(run, PURPOSES if fixing else ("",))
        for name in FOLDERS if fixing else (*FOLDERS, WRITTEN_TESTS):
            _set_aside(run / name)
    if first is None:
        fix = _loaded_or_none(run)
        first = "fix" if fix is not None and fix.outcome == "out_of_budget" else "report"
    again = order[list(order).index(first) :]
    for kind in ARTIFACTS:
        if kind.schema_name in again:
            _set_aside(rundir.artifact_path(run, kind))
    journal.append(run, "again", phases=list(again))


def _set_aside(path: Path) -> None:
    before = path.with_name(path.name + MOVED)
    if path.is_dir():
        remove(before)  # a folder can only take an empty one's place
    with contextlib.suppress(FileNotFoundError):
        path.replace(before)


def _loaded_or_none(run: Path) -> Fix | None:
    try:
        return rundir.load(run, Fix)
    except ImproveError:
        return None
