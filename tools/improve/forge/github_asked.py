"""What is asked of GitHub before a workflow starts on a failure: runs, people, pull requests."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import BaseModel, Field, RootModel

from improve.contract.trigger_event import Account
from improve.errors import ImproveError
from improve.forge.gh import Gh, get
from improve.forge.gh_answer import Answer
from improve.forge.gh_refusals import RESUME
from improve.forge.github_answers import RepositoryAnswer, RunAnswer, understood

PAGE = 100
MOST_PAGES = 10
FIX = "fix/"


class KnownRunAnswer(RunAnswer):
    """A run, with what is needed to judge whether it may start anything."""

    workflow_id: int
    actor: Account | None = None
    triggering_actor: Account | None = None
    created_at: str

    @property
    def red(self) -> bool:
        """It is finished, and something broke."""
        return self.status == "completed" and self.conclusion in ("failure", "timed_out")


class RunsAnswer(BaseModel):
    workflow_runs: list[KnownRunAnswer]


class PermissionAnswer(BaseModel):
    """https://docs.github.com/rest/collaborators/collaborators: the role and its coarse form."""

    permission: str
    role_name: str = ""


class HeadAnswer(BaseModel):
    ref: str
    sha: str = Field(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
    repo: RepositoryAnswer | None = None


class AskedPullAnswer(BaseModel):
    """A pull request with the repository that its head lies in; None: that is gone."""

    number: int = Field(gt=0)
    state: str
    body: str | None = None
    head: HeadAnswer


class AskedPullsAnswer(RootModel[list[AskedPullAnswer]]):
    """One page of them."""


def run_of(gh: Gh, home: str, number: int) -> KnownRunAnswer | None:
    """The run as it is now; None when there is none."""
    answer = get(gh, f"repos/{home}/actions/runs/{number}")
    if answer.status == 404:
        return None
    return understood(KnownRunAnswer, _good(gh, answer, f"run {number}").body, f"run {number}")


def runs_on(gh: Gh, home: str, workflow: int, branch: str) -> list[KnownRunAnswer]:
    """The newest finished runs of a workflow on a branch, newest first."""
    path = (
        f"repos/{home}/actions/workflows/{workflow}/runs"
        f"?branch={quote(branch, safe='')}&status=completed&per_page={PAGE}"
    )
    return _runs(gh, path)


def runs_at(gh: Gh, home: str, commit: str) -> list[KnownRunAnswer]:
    """The runs at a commit, newest first."""
    return _runs(gh, f"repos/{home}/actions/runs?head_sha={commit}&per_page={PAGE}")


def _runs(gh: Gh, path: str) -> list[KnownRunAnswer]:
    answer = get(gh, path)
    if answer.status == 404:
        return []
    found = understood(RunsAnswer, _good(gh, answer, "the runs").body, "the runs")
    return sorted(found.workflow_runs, key=lambda one: one.id, reverse=True)


def may_write(gh: Gh, home: str, login: str) -> bool:
    """Whether the repository's own list of people lets this one write.

    The ``author_association`` of a comment does not tell that: a MEMBER of the organisation may
    have no access to this repository.
    """
    answer = get(gh, f"repos/{home}/collaborators/{quote(login, safe='')}/permission")
    if answer.status == 404:
        return False
    told = understood(PermissionAnswer, _good(gh, answer, f"what {login} may").body, "a permission")
    return told.permission in ("admin", "write", "maintain")


def pull_of(gh: Gh, home: str, number: int) -> AskedPullAnswer:
    """A pull request as it is now."""
    answer = _good(gh, get(gh, f"repos/{home}/pulls/{number}"), f"pull request {number}")
    return understood(AskedPullAnswer, answer.body, f"pull request {number}")


def open_fixes(gh: Gh, home: str) -> list[AskedPullAnswer]:
    """The open pull requests from this repository's own branches ``fix/...``.

    Anybody can open one from a fork, with any text in it; those do not count.
    """
    found: dict[int, AskedPullAnswer] = {}
    for page in range(1, MOST_PAGES + 1):
        path = f"repos/{home}/pulls?state=open&per_page={PAGE}&page={page}"
        answer = _good(gh, get(gh, path), "the open pull requests")
        listed = understood(AskedPullsAnswer, answer.body, "the open pull requests").root
        found |= {one.number: one for one in listed if _ours(one, home)}
        if len(listed) < PAGE:
            break
    return list(found.values())


def _ours(pull: AskedPullAnswer, home: str) -> bool:
    return pull.head.ref.startswith(FIX) and same(pull.head.repo, home)


def same(repository: RepositoryAnswer | None, home: str) -> bool:
    """Whether that repository is ``home``; names differ in case only."""
    return repository is not None and repository.full_name.lower() == home.lower()


def _good(gh: Gh, answer: Answer, what: str) -> Answer:
    if answer.status == 200:
        return answer
    raise ImproveError(
        f"{gh.host} answered {what} with HTTP {answer.status}: {answer.said}",
        f"Look at the token's permissions (README, 'Inside GitHub Actions'); then {RESUME}.",
    )
