"""Bundled examples as real repositories.

An example is a plain folder below ``examples/``. To run on it, it is given a history of its own
and a bare ``origin``, in ``outputs/examples/<name>/``; the folder below ``examples/`` is only read.
The dates are fixed, so the commit ids are the same on every machine. Where the example has a folder
``earlier``, the files in it are those of a release before that, with the tag ``v1.0.0``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from improve.errors import Unable
from improve.workbench import answers, process
from improve.workbench.folders import remove
from improve.workbench.git import LIMIT, Git, environ

DATE = "2026-02-04T09:00:00+00:00"
WHO = {
    "GIT_AUTHOR_NAME": "Example Author",
    "GIT_AUTHOR_EMAIL": "author@example.invalid",
    "GIT_COMMITTER_NAME": "Example Author",
    "GIT_COMMITTER_EMAIL": "author@example.invalid",
    "GIT_AUTHOR_DATE": DATE,
    "GIT_COMMITTER_DATE": DATE,
}


def materialise(example: Path, place: Path) -> Path:
    """A repository with the content of ``example`` and a bare origin beside it; its top folder.

    One that is there already and holds the same content is kept, branches and all.
    """
    repository, origin = place / "repository", place / "origin.git"
    fresh = place / "fresh"
    remove(fresh)
    wanted = _make(example, fresh)
    there = Git(repository / ".git")
    if origin.is_dir() and repository.is_dir() and _is_whole(there, wanted):
        remove(fresh)
        return repository
    remove(repository)
    remove(origin)
    fresh.replace(repository)
    world = environ(WHO)
    process.must(
        process.run(
            ["git", "clone", "--quiet", "--bare", "--template=", repository, origin],
            env=world,
            timeout=LIMIT.seconds,
        ),
        "The example's origin could not be made",
    )
    there.must("remote", "add", "origin", origin)
    there.must("fetch", "--quiet", "origin")
    there.must("remote", "set-head", "origin", "main")
    if Git(origin).commit_of("refs/heads/main") != wanted or not _is_whole(there, wanted):
        raise Unable("The example's repository could not be made.", answers.CURE)
    return repository


def _is_whole(there: Git, wanted: str) -> bool:
    # origin/HEAD is the last thing made; without it an earlier session was killed in between.
    return all(
        there.commit_of(f"refs/{ref}") == wanted for ref in ("heads/main", "remotes/origin/HEAD")
    )


def _make(example: Path, place: Path) -> str:
    skip = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.egg-info", ".venv")
    shutil.copytree(example, place, ignore=skip)
    process.must(
        process.run(
            ["git", "init", "--quiet", "--template=", "-b", "main", place],
            env=environ(),
            timeout=LIMIT.seconds,
        ),
        "The example's repository could not be made",
    )
    git = Git(place / ".git", place, extra=WHO)
    earlier = example.parent / "earlier"
    if earlier.is_dir():
        shutil.copytree(earlier, place, ignore=skip, dirs_exist_ok=True)
        _commit(git, "feat: the first release")
        git.must("tag", "v1.0.0")
        shutil.copytree(example, place, ignore=skip, dirs_exist_ok=True)
    _commit(git, f"feat: {example.parent.name}")
    (place / ".git" / "info").mkdir(exist_ok=True)
    made = git.commit_of("HEAD")
    if not made:
        raise Unable("The example's repository could not be made.", answers.CURE)
    return made


def _commit(git: Git, message: str) -> None:
    git.must("add", "--all", ".")
    git.must("commit", "--quiet", "--no-verify", "-m", message)
