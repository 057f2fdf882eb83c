"""What publishing left behind, and the report's own facts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record


class Developer(Record):
    """Somebody who knows the touched lines."""

    name: str
    why: str


class Publication(Artifact):
    """``publish.json``."""

    schema_name = "publish"

    outcome: Literal[
        "created", "updated", "unchanged", "nothing_to_publish", "kept_local", "pushed"
    ] = Field(description="'pushed': the branch is at the forge, without a pull request.")
    reason: str = ""
    forge: str = "local"
    branch: str = ""
    base: str = ""
    commit: str = ""
    pushed_to: str = Field("", description="Where the branch was pushed; '' when it was not.")
    pull_request: str = Field("", description="Pull-request file, relative to the run folder.")
    url: str = Field("", description="The draft pull request; '' when it is a file only.")
    number: int | None = Field(None, description="Its number at the forge.")
    by_hand: str = Field("", description="The command that opens it when the forge would not.")
    notes: tuple[str, ...] = Field((), description="What was wished for and could not be had.")
    title: str = ""
    patch: str = ""
    developers: tuple[Developer, ...] = ()


class ReportFacts(Artifact):
    """``report.json``: what a machine may want to know of the report."""

    schema_name = "report"

    status: Literal["success", "partial", "failed"]
    path: str = Field(description="The Markdown report, relative to the outputs folder.")
    headline: str
    seconds: float = 0
    out_of_budget: bool = False
