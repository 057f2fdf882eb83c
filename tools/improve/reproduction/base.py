"""Which branch a fix is for: the default branch if the failure is there too, else the one that failed."""

from __future__ import annotations

from typing import NamedTuple

from improve.workbench.git import Git


class Base(NamedTuple):
    """A branch name and the commit that it stands for."""

    branch: str
    commit: str


def default_branch(git: Git) -> Base | None:
    """The default branch as the user's repository knows it, or None."""
    head = git.line("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    names = [head] if head else []
    names += ["origin/main", "origin/master", "main", "master"]
    for name in names:
        is_remote = name.startswith("origin/")
        commit = git.commit_of(f"refs/remotes/{name}" if is_remote else f"refs/heads/{name}")
        if commit:
            return Base(name.removeprefix("origin/"), commit)
    return None


def named_branch(git: Git, name: str) -> Base | None:
    """The branch that the request names: the origin's, else the local one."""
    for ref in (f"refs/remotes/origin/{name}", f"refs/heads/{name}"):
        commit = git.commit_of(ref)
        if commit:
            return Base(name, commit)
    return None


def failed_branch(git: Git, branch: str | None, commit: str) -> Base:
    """The branch that failed; the bare commit when it has no name that git takes.

    The name may come from a log, in which anything can stand.
    """
    return Base(branch if branch and _may_be_branch(git, branch) else commit[:12], commit)


def _may_be_branch(git: Git, name: str) -> bool:
    # Not `--branch`: that would look names like @{-1} up. It alone refuses a leading hyphen.
    whole = f"refs/heads/{name}"
    return not name.startswith("-") and git.run("check-ref-format", whole).ok
