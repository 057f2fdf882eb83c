"""How often an intermittent check failed, and what that proves of a fix."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Record


class Rate(Record):
    """Failures in runs under one setting."""

    amplifier: str = Field(
        "plain",
        pattern=r"^[a-z+-]{0,60}$",
        description="What was perturbed in each run; 'plain': nothing.",
    )
    failures: int
    runs: int
    seeds: tuple[int, ...] = Field((), description="Of the runs that failed; each can be replayed.")
    settings: tuple[dict[str, str | int | float], ...] = Field(
        (), description="What the amplifier drew in each run that failed, in the order of `seeds`."
    )
    how: Literal["fork", "process"] = Field(
        "fork", description="What each run was: a fork after collection, or a new interpreter."
    )
    limit: float = Field(0, description="Seconds that one run may take; longer is a failure.")
    seconds: float = 0
    cpu_seconds: float = Field(
        0, description="Of all runs together, of what they started, and of their server."
    )
    note: str = Field("", description="What ended it.")
    ended_early: dict[str, int] = Field(
        default_factory=dict,
        description="In how many runs a part of the perturbing ended before the run did: its delays "
        "or cuts were used up, lines were no longer followed, or somebody took its hook away.",
    )


class Comparison(Record):
    """A setting and plain runs, both made after it was chosen, with seeds not used for the choice."""

    setting: Rate
    plain: Rate
    place: int = Field(1, description="Of the choices of one search; a later one has to show more.")
    chance: float = Field(
        description="Of such a difference if the setting changes nothing (Fisher, one-sided), times "
        "place (place + 1) for the choices of the search."
    )


class Confidence(Record):
    """What the runs before and after an intermittent fix show, in numbers and in words."""

    asked: float = Field(description="limits.confidence of the request.")
    chance: float = Field(description="Of so many passes if nothing had changed (Fisher's test).")
    before: Rate
    after: Rate
    interval: tuple[float, float] = Field(description="Of the rate before, at 95 %.")
    bound: float = Field(description="Below this the rate after lies, at 95 %.")
    sentence: str
    condition: str = Field("", description="Under which this holds, in words.")
    not_shown: str = Field("", description="What these runs do not show, in words; '' is nothing.")
