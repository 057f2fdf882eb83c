"""The event that started a workflow: the few fields of GitHub's payload that are read. Pure.

https://docs.github.com/webhooks/webhook-events-and-payloads describes ``workflow_run`` and
``issue_comment``. What can change after the event (a run's end, a branch's head) is not taken from
here but asked anew.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from improve.errors import RequestError
from improve.records.reading import what_is_wrong

E = TypeVar("E", bound=BaseModel)
HOME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}$"
TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"


class Account(BaseModel):
    """Who did something. ``type`` is 'User', 'Bot' or 'Organization'."""

    login: str = Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})(?:\[bot\])?$")
    type: str = "User"

    @property
    def bot(self) -> bool:
        """No person: an app, or the job's own token."""
        return self.type == "Bot" or self.login.endswith("[bot]")


class _Repository(BaseModel):
    full_name: str = Field(pattern=HOME)


class _Run(BaseModel):
    id: int = Field(gt=0)


class RunEvent(BaseModel):
    """``workflow_run``."""

    action: str
    workflow_run: _Run
    repository: _Repository


class _Issue(BaseModel):
    number: int = Field(gt=0)
    pull_request: dict[str, object] | None = None


class _Comment(BaseModel):
    id: int = Field(gt=0)
    body: str | None = ""
    user: Account
    created_at: str = Field(pattern=TIME)


class CommentEvent(BaseModel):
    """``issue_comment``: on an issue, or (``pull_request`` is there) on a pull request."""

    action: str
    issue: _Issue
    comment: _Comment
    repository: _Repository


def read_event(kind: type[E], content: bytes) -> E:
    """``content`` as that event. Raises: RequestError when it is another."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise RequestError(
            f"GITHUB_EVENT_PATH holds no such event: {what_is_wrong(error)[:300]}.",
            "This verb is a step of a workflow; GitHub writes that file.",
        ) from error
