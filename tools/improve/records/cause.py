"""Why a test fails only now and then, as far as runs have shown it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Record

CauseName = Literal[
    "race", "async order", "order dependence", "randomness", "time", "zone", "resource", "network",
    "timeout", "hash order", "float", "platform", "not known",
]  # fmt: skip


class Cause(Record):
    """A cause, named by what made the failure happen more often: never by the text of the code."""

    name: CauseName = "not known"
    amplifier: str = Field("", description="The setting that shows it; '' is none.")
    because: tuple[str, ...] = Field((), description="What was seen, one sentence each.")
    chance: float | None = Field(
        None, description="Of so many failures if the setting changed nothing (Fisher, one-sided)."
    )
    replayed: int = Field(0, description="Failing runs that were repeated by their seeds.")
    failed_again: int = Field(0, description="Those of them that failed again.")
    shared: tuple[str, ...] = Field((), description="What the failing runs have in common.")
