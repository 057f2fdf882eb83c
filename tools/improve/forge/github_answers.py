"""GitHub's answers about runs and jobs, as far as we read them; the rest is let through unread."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from improve.errors import ImproveError

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


def understood(kind: type[A], body: bytes, what: str) -> A:
    """``body`` as ``kind``. Raises: ImproveError when it is something else, say a proxy's page."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise ImproveError(
            f"The answer about {what} is not what GitHub describes: {place}: {first['msg'][:200]}.",
            "Something between here and GitHub may answer instead (a proxy's sign-in page): look at "
            "it with `gh api -i user`.",
        ) from error
