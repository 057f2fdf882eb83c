"""Many runs of one test under named settings, on one machine or on several: ``stress.json``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record
from improve.records.evidence import Failure
from improve.records.rates import Confidence, Rate
from improve.records.reproduction import TargetEnvironment

StressOutcome = Literal["measured", "seen", "not_seen", "gone", "still_fails", "not_shown"]


class Series(Record):
    """The runs under one setting, and how many of them were decided on before the first."""

    planned: int = Field(description="Runs that were decided on before the first one.")
    rate: Rate
    others: int = Field(0, description="Failures for another reason; they are not in the rate.")
    interval: tuple[float, float] | None = Field(None, description="Of the rate, at 95 %.")

    @property
    def whole(self) -> bool:
        """All runs that were decided on were made."""
        return self.rate.runs >= self.planned


class Stressed(Artifact):
    """``stress.json``: one machine's share, or what all shares say together."""

    schema_name = "stress"

    toolkit: str = Field(description="Version of this toolkit.")
    shard: int = Field(1, ge=1, description="Which share of the runs this is.")
    shards: int = Field(1, ge=1, description="How many shares there are.")
    machines: int = Field(1, ge=1, description="Whose runs are in it; one share is one machine's.")
    node_ids: tuple[str, ...]
    test_sha256: str = Field(description="Of the test's file, the same before and after.")
    commit: str = Field(description="Commit of the runs before.")
    fix_commit: str = Field("", description="Commit of the runs after; '' when none was asked for.")
    environment: TargetEnvironment
    sandbox: str = Field("", description="The sandbox that the runs really had.")
    settings: tuple[str, ...] = Field(description="What was asked for, in this order.")
    asked: float = Field(0.999, description="limits.confidence of the request.")
    before: tuple[Series, ...] = Field(description="One a setting that could be had.")
    after: Series | None = None
    replayed: int = Field(0, description="Seeds that failed before, run again with the fix.")
    replay_failures: int = 0
    observed: Failure | None = Field(None, description="The failure, as most runs showed it.")
    outcome: StressOutcome = Field(
        "measured", description="gone: so many passes are no luck; measured: one share of several."
    )
    reason: str = ""
    confidence: Confidence | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def sides(self) -> tuple[tuple[str, Series], ...]:
        """All series, each with 'before' or 'with the fix'."""
        after = (("with the fix", self.after),) if self.after else ()
        return (*(("before", one) for one in self.before), *after)
