"""The clone that a request is about: found by its path, usable, with room for our branches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from improve.errors import RequestError
from improve.workbench.git import Git
from improve.workbench.users_repository import clone_at


@dataclass(frozen=True)
class Clone:
    """Its top folder and its git folder."""

    top: Path
    git_folder: Path


def folder_named(repository: str | None, here: Path, repo: str | None) -> Path:
    """The folder of the target: ``--repo``, else the request's ``repository``, relative to its
    folder ``here``; without both ``here`` itself.

    Raises: RequestError when there is none.
    """
    named = repo or repository
    if named is None:
        return here
    place = "--repo" if repo else "repository"
    try:
        path = Path(named).expanduser()
        found = path if path.is_absolute() else (Path.cwd() / path if repo else here / path)
        if found.is_dir():
            return found.resolve()
    except (OSError, RuntimeError) as error:  # a name that is too long, a user that is not there
        raise RequestError(
            f"{place}: {named[:100]!r} cannot be looked at: {error}.", "Give the path of a clone."
        ) from error
    if re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", named):
        raise RequestError(
            f"{place}: {named!r} is not a folder here.",
            f"Clone it first (git clone https://github.com/{named}) and give the clone's path.",
        )
    raise RequestError(
        f"{place}: there is no folder {str(found)!r}.", "Give the path of a git repository."
    )


def open_clone(place: Path, outputs: Path) -> Clone:
    """The clone that holds ``place``. Raises: RequestError when no run can be made of it."""
    cure = 'Name the target with "repository" in info.json or with --repo PATH.'
    top, folder = clone_at(place, "repository", cure)
    if not Git(folder).commit_of("HEAD"):
        raise RequestError(f"repository: {top} has no commit yet.", "Commit something first.")
    if outputs.resolve() == top:
        raise RequestError(f"{outputs} is the target itself.", "Choose another --outputs folder.")
    return Clone(top, folder)


def require_branches(target: Clone, name: str) -> None:
    """Raises: RequestError when another branch takes the place of one of ours."""
    # git keeps branches as paths: beside a branch `fix` there can be no `fix/...`, and the end of
    # a long run would be a bad moment to learn that.
    git = Git(target.git_folder)
    for kind in ("repro", "fix"):
        ours = f"refs/heads/{kind}/{name}"
        below = git.line(
            "for-each-ref", "--count=1", "--format=%(refname)", f"{ours}/", may_be_nothing=True
        )
        taken = f"refs/heads/{kind}" if git.commit_of(f"refs/heads/{kind}") else below
        if taken:
            branch = taken.removeprefix("refs/heads/")
            raise RequestError(
                f"repository: {target.top} has a branch {branch!r}, so git cannot make {kind}/{name}.",
                f"Rename it: git branch -m {branch} {branch.replace('/', '-')}-old",
            )
