"""One draft pull request for one branch: found, opened, changed, and looked at afterwards.

GitHub takes one open pull request for the same two branches; every request that may have got lost
is followed by a look at what is there, so that none is opened twice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from urllib.parse import quote

from improve.errors import ImproveError, NotSignedIn
from improve.forge.gh import TRIES, Gh, get, require_allowed, send, wait_or_give_up
from improve.forge.gh_answer import Answer, readable
from improve.forge.gh_refusals import RESUME
from improve.forge.github_answers import (
    CommitAnswer,
    OwnRepositoryAnswer,
    ProblemAnswer,
    ProblemsAnswer,
    PullAnswer,
    PullsAnswer,
    understood,
)

LOOKS = (0.0, 1.0, 2.0, 4.0)  # seconds before each look for what was just made: lists come late


@dataclass(frozen=True)
class Wanted:
    """The pull request as it should be. ``home`` is owner/name of the repository it goes to."""

    home: str
    head_owner: str
    branch: str
    base: str
    title: str
    body: str


class NoDrafts(ImproveError):
    """The repository has no draft pull requests, and we open no other ones."""


def repository(gh: Gh, owner: str, repo: str) -> OwnRepositoryAnswer:
    """The repository under its present name. Raises: ImproveError; what ``get`` raises."""
    answer = get(gh, f"repos/{owner}/{repo}")
    if answer.status == 200:
        return understood(OwnRepositoryAnswer, answer.body, f"{owner}/{repo}")
    raise ImproveError(
        f"{gh.host} shows no repository {owner}/{repo} (HTTP {answer.status}).",
        "Your token may not see it (`gh auth status` shows who you are), or origin's address is "
        f"old (git remote set-url origin URL). Then {RESUME}.",
    )


def knows(gh: Gh, home: str, commit: str) -> bool:
    """Whether the repository ``home`` has this commit. Raises: what ``get`` raises."""
    answer = get(gh, f"repos/{home}/commits/{commit}")
    if answer.status == 200:
        return understood(CommitAnswer, answer.body, f"commit {commit[:12]}").sha == commit
    if answer.status in (404, 409, 422):  # 422: no commit found; 409: an empty repository
        return False
    raise _unexpected(gh, answer, f"asking for {commit[:12]}")


def find(gh: Gh, wanted: Wanted) -> PullAnswer | None:
    """The open pull request of our branch, if there is one; rather one for the same base."""
    label = f"{wanted.head_owner}:{wanted.branch}"
    path = f"repos/{wanted.home}/pulls?state=open&head={quote(label, safe='')}&per_page=100"
    answer = get(gh, path)
    if answer.status != 200:
        raise _unexpected(gh, answer, "listing pull requests")
    pulls = understood(PullsAnswer, answer.body, "the pull requests").root
    # GitHub lists all of them when it does not understand the filter.
    ours = [one for one in pulls if (one.head.label or "").lower() == label.lower()]
    return min(ours, key=lambda one: one.base.ref != wanted.base, default=None)


def create(gh: Gh, wanted: Wanted) -> PullAnswer:
    """Open it as a draft, and find it again.

    Raises: NoDrafts; NotSignedIn; ImproveError when GitHub does not take it or stays out of reach.
    """
    head = f"{wanted.head_owner}:{wanted.branch}"
    asked = {"title": wanted.title, "body": wanted.body, "head": head, "base": wanted.base,
             "draft": True, "maintainer_can_modify": True}  # fmt: skip
    for tried in range(1, TRIES + 1):
        answer = send(gh, "POST", f"repos/{wanted.home}/pulls", asked)
        if answer.status == 200 and answer.whole:
            understood(PullAnswer, answer.body, "the new pull request")
        there = answer.status in (200, 201) or _exists(answer)
        if there or answer.broken:
            found = _look(gh, wanted, LOOKS if there else LOOKS[:1])
            if found:
                return found
        if there:
            raise _unexpected(gh, answer, "showing the pull request that was just opened")
        if tried < TRIES and _may_not_share(answer) and asked.pop("maintainer_can_modify", False):
            continue
        if not answer.limited and not answer.broken:
            raise _not_taken(gh, wanted, answer)
        wait_or_give_up(gh, answer, tried)
    raise AssertionError("unreachable")


def update(gh: Gh, wanted: Wanted, there: PullAnswer) -> bool:
    """Give the pull request our title, text and base; False when it has them already."""
    if _same(wanted, there):
        return False
    asked = {"title": wanted.title, "body": wanted.body, "base": wanted.base}
    gh = replace(gh, doing=f"changing pull request {there.number}")
    for tried in range(1, TRIES + 1):
        answer = send(gh, "PATCH", f"repos/{wanted.home}/pulls/{there.number}", asked)
        if answer.status == 200 and answer.whole:
            understood(PullAnswer, answer.body, f"the changed pull request {there.number}")
            return True
        if not answer.limited and not answer.broken:
            raise _not_taken(gh, wanted, answer)
        wait_or_give_up(gh, answer, tried)
    raise AssertionError("unreachable")


def _same(wanted: Wanted, there: PullAnswer) -> bool:
    body = (there.body or "").replace("\r\n", "\n").rstrip()
    return (there.title, body, there.base.ref) == (wanted.title, wanted.body.rstrip(), wanted.base)


def _look(gh: Gh, wanted: Wanted, pauses: tuple[float, ...]) -> PullAnswer | None:
    for seconds in pauses:
        time.sleep(seconds)
        found = find(gh, wanted)
        if found:
            return found
    return None


def _problems(answer: Answer) -> list[ProblemAnswer]:
    if answer.status != 422:
        return []
    told = understood(ProblemsAnswer, answer.body, "the pull request")
    return [ProblemAnswer(message=told.message)] + [
        ProblemAnswer(message=one) if isinstance(one, str) else one for one in told.errors
    ]


def _exists(answer: Answer) -> bool:
    # The code is only "custom"; the words tell: https://github.com/google/go-github/issues/1441
    return any("already exists" in (one.message or "") for one in _problems(answer))


def _may_not_share(answer: Answer) -> bool:
    # "Fork collab can't be granted": https://github.com/PyGithub/PyGithub/issues/1921
    return any("fork_collab" in (one.field, one.code) for one in _problems(answer))


def _not_taken(gh: Gh, wanted: Wanted, answer: Answer) -> ImproveError:
    said = readable(answer.said)
    if answer.status == 403 and "not permitted to create" in said:
        return NotSignedIn(
            f"{gh.host} lets no workflow open pull requests in {wanted.home}: {said}",
            "An administrator allows it under Settings > Actions > General > Workflow permissions; "
            "or use the token of an app.",
        )
    require_allowed(gh, answer)
    problems = _problems(answer)
    words = "; ".join(one.message or f"{one.field}: {one.code}" for one in problems)
    words = readable(words or said)
    if "draft pull requests are not supported" in words.lower():
        return NoDrafts(f"{wanted.home} has no draft pull requests: {words}")
    if any(one.field == "base" for one in problems):
        return ImproveError(
            f"{wanted.home} has no branch {wanted.base} to open a pull request for: {words}",
            f'Push that branch first, or set "base" in the request; then {RESUME}.',
        )
    return _unexpected(gh, answer, gh.doing, words)


def _unexpected(gh: Gh, answer: Answer, doing: str, words: str = "") -> ImproveError:
    lacks = " Your token may not write there." if answer.status == 404 else ""
    return ImproveError(
        f"{gh.host} answered {doing} with HTTP {answer.status}: {words or answer.said or 'nothing'}",
        f"Look at the repository's rules for branches and pull requests.{lacks} Then {RESUME}.",
    )
