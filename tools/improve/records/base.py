"""What all records share: strict fields, and for artifacts a schema name and a version."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

A = TypeVar("A", bound="Artifact")


class Record(BaseModel):
    """A typed value that refuses unknown fields and does not change after it was made."""

    # A phase starts anew each time and reads few of these; what it does not read need not be built.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Artifact(Record):
    """The validated JSON file that a phase leaves in the run folder.

    ``schema_name`` is the phase's verb and the file's stem; ``version`` rises with every change
    of shape that an older reader could not take. ``newest`` is the version that is written now.
    """

    schema_name: ClassVar[str]
    newest: ClassVar[int] = 1

    schema_: str = Field(alias="schema", default="")
    version: int = 1

    def model_post_init(self, _context: object) -> None:
        # Frozen records are completed, never changed: the name is fixed by the class.
        if not self.schema_:
            object.__setattr__(self, "schema_", self.schema_name)
        elif self.schema_ != self.schema_name:
            raise ValueError(f"schema is {self.schema_!r}, expected {self.schema_name!r}")
