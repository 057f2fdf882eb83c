"""Make a run ready to go on: what is finished stays, what ran out of time is done again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from improve import journal, ledger, rundir
from improve.errors import ImproveError
from improve.records import ARTIFACTS, Fix, ValidatedRequest
from improve.workbench import lock_file
from improve.workbench.folders import remove
from improve.workbench.users_repository import reopen

MOVED = ".before"
# What a phase leaves beside its artifact, and the beginnings of what it spends for ('' for all).
LEAVES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fix": (("attempts", "proof", "questions"), ("attempt ", "question ")),
    "reproduce": (("reproduction-attempts",), ("",)),
}


def prepare(run: Path, order: Sequence[str], first: str | None) -> None:
    """Set aside the artifacts that have to be made again.

    Without ``first`` that is the report, and the fix when it only ran out of budget. Artifacts
    are renamed to ``<name>.json.before``, never deleted. Finished attempts stay and are not paid
    for again, unless ``first`` asks for the fix (or what it stands on) to be made anew.

    The last phase goes first: killed in between, this leaves no phase that counts as done on
    top of one that does not, and no attempts at a failure that is reproduced anew.
    """
    anew = first in (*LEAVES, "fetch-logs")
    if first is None:
        fix = _loaded_or_none(run)
        first = "fix" if fix is not None and fix.outcome == "out_of_budget" else "report"
    again = order[list(order).index(first) :]
    for kind in reversed(ARTIFACTS):
        if kind.schema_name in again:
            _set_aside(rundir.artifact_path(run, kind))
            if anew and kind.schema_name in LEAVES:
                _forget(run, *LEAVES[kind.schema_name])
    journal.append(run, "again", phases=list(again))


def _forget(run: Path, folders: Sequence[str], purposes: tuple[str, ...]) -> None:
    # The ledger before the folders: what was spent for an attempt that is not there was interrupted.
    ledger.set_aside(run, purposes)
    for name in folders:
        _set_aside(run / name)


def lockable(run: Path, validated: ValidatedRequest, cache: Path) -> None:
    """See to it that the lock of ``run`` can be opened, wherever it has gone since.

    Raises: ImproveError when it cannot.
    """
    if not os.path.lexists(run / "lock"):  # the run came from another machine
        git = reopen(validated.repository)
        lock = lock_file.place(cache, git.folder, validated.name)
        with contextlib.suppress(FileExistsError):  # somebody else resumes it, too
            lock_file.link(run, lock)
    lock_file.reach(run)


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
