"""Hand a finished draft to the forge that ``origin`` belongs to."""

from __future__ import annotations

from pathlib import Path

from improve.context import Context
from improve.forge import github_publish, local
from improve.forge.choose import GitHubPlace
from improve.forge.draft import Draft, Published
from improve.forge.gh import Gh
from improve.forge.gh_program import installed
from improve.workbench.git import Git


def deliver(
    context: Context, bench: Git, user: Git, place: Path | GitHubPlace | None, draft: Draft
) -> Published:
    """Push the branch where ``place`` is, with a pull request where there are any.

    Raises: ImproveError when it cannot be pushed, and what ``github_publish.publish`` raises.
    """
    if isinstance(place, Path):
        pushed = local.push(bench, place, draft.branch, draft.commit, draft.trailer)
        reason = f"{draft.branch} at origin: {pushed}"
        return Published(pushed, reason, pushed_to=str(place))
    if isinstance(place, GitHubPlace) and installed():
        return github_publish.publish(_gh(context, place), place, bench, context.run, draft)
    return Published("kept_local", _why_kept(user, draft.branch, place is not None))


def deliver_reproduction(
    context: Context,
    bench: Git,
    place: Path | GitHubPlace | None,
    branch: str,
    commit: str,
    trailer: str,
) -> tuple[bool, tuple[str, ...]]:
    """Push the reproduction's branch where pull requests are read by others: (is it there, notes)."""
    if not isinstance(place, GitHubPlace) or not installed():
        return False, ()
    why = github_publish.push_reproduction(
        _gh(context, place), place, bench, branch, commit, trailer
    )
    return not why, (why,) if why else ()


def _gh(context: Context, place: GitHubPlace) -> Gh:
    doing, needs = github_publish.DOING, github_publish.NEEDS
    return Gh(place.host, context.budget, context.progress, doing, needs)


def _why_kept(user: Git, branch: str, lacks_gh: bool) -> str:
    here = f"{branch} is in your repository"
    if lacks_gh:
        return f"{here}; gh, which pushes it and opens the pull request, is not installed"
    if not user.line("config", "--get", "remote.origin.url"):
        return f"{here}; there is no remote called origin to push it to"
    return f"{here}; push it yourself: git push origin {branch}"
