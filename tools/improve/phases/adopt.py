"""Take over a run folder that another machine made, to publish what is in it.

The machine that made it has run the target's code, so nothing in the folder is believed because
it is there: files are files, paths stay inside, the request is read anew, and the commits have to
be in this clone. ``publish`` asks the guard about the patch once more by itself.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from improve import journal, rundir
from improve.checks.frozen import FOLDER as FROZEN
from improve.contract import load_request
from improve.errors import ImproveError
from improve.records import Evidence, Fix, Reproduction, ValidatedRequest
from improve.workbench.git import Git
from improve.workbench.users_repository import clone_at

_FOLDER = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}_[0-9]{2}(?:-[0-9]{2}){2}_[a-z0-9-]{1,64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MAKE_ANEW = "Start the whole run again; a run folder is not edited by hand."


def run(folder: Path, repository: Path, request: Path | None = None) -> ValidatedRequest:
    """Make ``folder`` a run of this machine, on the clone at ``repository``.

    ``request`` is the info.json that the run was started with, where this machine knows it; it
    goes before what the folder holds.
    Raises: ImproveError when the folder holds what no run leaves, or the clone lacks a commit of
    the run; RequestError when ``repository`` is no git repository or the request is not valid.
    """
    top, git_folder = clone_at(repository, "--repo", "Give the path of a clone of the target.")
    if not _FOLDER.fullmatch(folder.name):
        raise ImproveError(f"{folder.name[:120]!a} is no name of a run folder.", _MAKE_ANEW)
    (folder / "lock").unlink(missing_ok=True)  # a link to the other machine's cache
    _only_plain_files(folder)
    validated = rundir.need(folder, ValidatedRequest)
    if not _NAME.fullmatch(validated.name):
        raise ImproveError(f"The run's name is {validated.name[:80]!r}.", _MAKE_ANEW)
    fix, reproduction = rundir.load(folder, Fix), rundir.load(folder, Reproduction)
    named = [*_paths(fix, reproduction), *_logs(folder), validated.toolkit_prefix]
    for path in filter(None, named):
        _inside(path)
    _need(folder, fix, reproduction)
    commits = [validated.head, *([fix.base_commit] if fix and fix.base_commit else [])]
    place = folder / "request.json"
    if request is not None:
        rundir.write_whole(place, request.read_bytes(), rundir.SECRET_MODE)
    _known(Git(git_folder), commits, top)
    here = {"request": load_request(place), "request_path": place, "repository": top}
    adopted = validated.model_copy(update=here)
    if request is not None and adopted.request.name not in (None, adopted.name):
        raise ImproveError(
            f"The run is called {adopted.name}, the request {adopted.request.name}.", _MAKE_ANEW
        )
    rundir.save(folder, adopted)
    journal.append(folder, "adopted", repository=str(top))
    return adopted


def holds_a_fix(folder: Path) -> bool:
    """Whether there is anything to publish in ``folder``."""
    fix = rundir.load(folder, Fix)
    return fix is not None and fix.outcome == "fixed" and bool(fix.patch)


def _only_plain_files(folder: Path) -> None:
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            mode = os.lstat(Path(place) / name).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                shown = ascii(str((Path(place) / name).relative_to(folder)))
                raise ImproveError(f"{shown} in the run folder is a link or a device.", _MAKE_ANEW)


def _paths(fix: Fix | None, reproduction: Reproduction | None) -> Iterator[str | None]:
    """Every path of the two artifacts that a later phase opens."""
    if fix is not None:
        yield from (fix.patch, fix.best_patch, *(one.patch for one in fix.attempts))
    if reproduction is not None:
        yield from (file.path for file in reproduction.frozen)
        yield from (one.patch for one in reproduction.attempts)
        yield reproduction.folder
        yield reproduction.order.recorded if reproduction.order else None


def _logs(folder: Path) -> list[str]:
    evidence = rundir.load(folder, Evidence)
    return [log.path for log in evidence.logs] if evidence else []


def _inside(path: str) -> None:
    given = PurePosixPath(path)
    if given.is_absolute() or ".." in given.parts or not given.parts or "\0" in path:
        raise ImproveError(f"The run folder names a file outside: {path[:200]!a}.", _MAKE_ANEW)


def _need(folder: Path, fix: Fix | None, reproduction: Reproduction | None) -> None:
    """What ``publish`` reads is there, and commits are named by nothing else than an id."""
    frozen = [f"{FROZEN}/{file.path}" for file in reproduction.frozen] if reproduction else []
    patch = [fix.patch] if fix and fix.patch else []
    for path in (*patch, *frozen):
        if not (folder / path).is_file():
            raise ImproveError(f"The run folder has no {path[:200]!a}.", _MAKE_ANEW)
    for commit in (reproduction.commit, reproduction.branch_commit) if reproduction else ():
        if commit and not _COMMIT.fullmatch(commit):
            raise ImproveError(f"The run folder names the commit {commit[:64]!a}.", _MAKE_ANEW)


def _known(git: Git, commits: list[str], top: Path) -> None:
    for commit in commits:
        if not _COMMIT.fullmatch(commit) or git.commit_of(commit) != commit:
            raise ImproveError(
                f"{top} does not have commit {commit[:64]!a} of this run.",
                "Clone with the whole history (actions/checkout: fetch-depth: 0).",
            )
