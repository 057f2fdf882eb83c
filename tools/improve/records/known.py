"""Whether a pull request for the same failure is open already."""

from __future__ import annotations

from pydantic import Field

from improve.records.base import Artifact


class Known(Artifact):
    """``known.json``."""

    schema_name = "known"

    number: int | None = Field(None, description="The open pull request; None when there is none.")
    url: str = Field("", description="Its address.")
    reason: str = ""
    digests: tuple[str, ...] = Field((), description="The failures, by signature.")

    @property
    def outcome(self) -> str:
        return "open already" if self.number else "new"
