"""GitHub's answers about runs, jobs and pull requests, as far as we read them; the rest is let through unread."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, Field, RootModel, ValidationError

from improve.errors import ImproveError
from improve.forge.gh_answer import ANOTHERS
from improve.records.reading import what_is_wrong

A = TypeVar("A", bound=BaseModel)


class RepositoryAnswer(BaseModel):
    full_name: str


class RunAnswer(BaseModel):
    """https://docs.github.com/rest/actions/workflow-runs: one run, or one attempt of it."""

    id: int
    run_attempt: int = 1
    name: str | None = None
    event: str
    status: str | None
    conclusion: str | None
    head_branch: str | None
    head_sha: str = Field(pattern=r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")
    head_repository: RepositoryAnswer | None = None
    path: str | None = None
    updated_at: str | None = None


class OwnRepositoryAnswer(BaseModel):
    """https://docs.github.com/rest/repos/repos#get-a-repository"""

    full_name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}$")
    default_branch: str


class CommitAnswer(BaseModel):
    """https://docs.github.com/rest/commits/commits#get-a-commit"""

    sha: str


class EndAnswer(BaseModel):
    """One end of a pull request. ``label`` is owner:branch; None: the fork is gone."""

    ref: str
    label: str | None = None


class PullAnswer(BaseModel):
    """https://docs.github.com/rest/pulls/pulls: one pull request."""

    number: int = Field(gt=0)
    title: str
    body: str | None = None
    draft: bool = False
    head: EndAnswer
    base: EndAnswer


class PullsAnswer(RootModel[list[PullAnswer]]):
    """One page of them."""


class ProblemAnswer(BaseModel):
    """One entry of the errors of a 422."""

    message: str | None = None
    field: str | None = None
    code: str | None = None


class ProblemsAnswer(BaseModel):
    """https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api: a 422."""

    message: str = ""
    errors: list[ProblemAnswer | str] = []


class StepAnswer(BaseModel):
    name: str
    conclusion: str | None


class JobAnswer(BaseModel):
    """https://docs.github.com/rest/actions/workflow-jobs: one job."""

    id: int
    run_id: int
    run_attempt: int = 1
    name: str
    status: str
    conclusion: str | None
    labels: list[str] = []
    runner_name: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    steps: list[StepAnswer] | None = None

    @property
    def failed_steps(self) -> list[str]:
        return [one.name for one in self.steps or () if one.conclusion in ("failure", "timed_out")]

    @property
    def failed(self) -> bool:
        """It broke; a cancelled job counts only when a step of it had failed before."""
        return self.conclusion in ("failure", "timed_out") or (
            self.conclusion == "cancelled" and bool(self.failed_steps)
        )


class JobsAnswer(BaseModel):
    total_count: int
    jobs: list[JobAnswer]


class AnnotationAnswer(BaseModel):
    """https://docs.github.com/rest/checks/runs#list-check-run-annotations: one of them."""

    path: str | None = None
    start_line: int | None = None
    annotation_level: str | None = None
    title: str | None = None
    message: str | None = None


class AnnotationsAnswer(RootModel[list[AnnotationAnswer]]):
    """One page of them."""


class MadeByAnswer(BaseModel):
    id: int | None = None


class ArtifactAnswer(BaseModel):
    """https://docs.github.com/rest/actions/artifacts: one artifact."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool = False
    created_at: str | None = None
    workflow_run: MadeByAnswer | None = None


class ArtifactsAnswer(BaseModel):
    total_count: int
    artifacts: list[ArtifactAnswer]


def understood(kind: type[A], body: bytes, what: str) -> A:
    """``body`` as ``kind``. Raises: ImproveError when it is something else, say a proxy's page."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise ImproveError(
            f"The answer about {what} is not what GitHub describes: {what_is_wrong(error)[:300]}.",
            ANOTHERS,
        ) from error
