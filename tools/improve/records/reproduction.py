"""The reproduction: a check that was *seen* to fail for the same signature as the log."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record
from improve.records.cause import Cause
from improve.records.evidence import Failure
from improve.records.fix import Attempt
from improve.records.order import OrderDependence
from improve.records.rates import Comparison, Rate
from improve.records.speed import Speed

ReproductionOutcome = Literal[
    "reproduced", "intermittent", "not_reproduced", "no_failure_in_log", "could_not_run"
]


class FrozenFile(Record):
    """A file of the reproduction whose content may not change until the proof is done."""

    path: str = Field(description="Relative to the top of the repository.")
    sha256: str


class TargetEnvironment(Record):
    """Where the target's tests ran."""

    python: str = Field(description="Path of the interpreter.")
    python_version: str
    key: str = Field(description="Content key of the cached environment; '' when it was found.")
    source: str = Field(description="In words: where its packages came from.")
    install_seconds: float = 0
    packages: dict[str, str] = Field(default_factory=dict)
    import_roots: tuple[str, ...] = Field(
        (), description="Folders, relative to the tree, that go first on PYTHONPATH."
    )
    top_level: tuple[str, ...] = Field((), description="The target's own importable packages.")
    generated: dict[str, str] = Field(
        default_factory=dict,
        description="Files that a build makes and git does not hold: path in the tree -> source file.",
    )
    notes: tuple[str, ...] = ()


class Reproduction(Artifact):
    """``reproduce.json``."""

    schema_name = "reproduce"

    outcome: ReproductionOutcome
    commit: str = Field(description="Commit at which it was tried.")
    kind: Literal["minimal", "wrapped", "written", "existing", "command", "none"] = Field(
        "none", description="'written': by an agent, where code alone did not see the failure."
    )
    node_ids: tuple[str, ...] = Field((), description="The reproduction's own node ids.")
    original_node_ids: tuple[str, ...] = ()
    expected: Failure | None = Field(None, description="The failure as the log tells it.")
    observed: Failure | None = Field(None, description="The failure as seen here.")
    runs: int = 0
    failed_runs: int = 0
    test_lines: int = 0
    frozen: tuple[FrozenFile, ...] = ()
    folder: str = Field("", description="Reproduction folder, relative to the repository's top.")
    branch: str = ""
    branch_commit: str = ""
    base: str = Field("", description="Branch name that the fix starts from.")
    base_commit: str = ""
    base_reason: str = ""
    environment: TargetEnvironment | None = None
    sandbox: str = Field("", description="The sandbox that the target's code really ran in.")
    differences: tuple[str, ...] = Field(
        (), description="How this environment differs from the log's."
    )
    deterministic: bool | None = Field(None, description="What the runs showed; None when unknown.")
    rates: tuple[Rate, ...] = Field(
        (), description="Of an intermittent failure: every setting that was tried, plain first."
    )
    amplifier: str = Field("", description="The setting to prove a fix under; '' is none.")
    seed: int | None = Field(
        None, description="Of a run of its test that failed under that setting, to run it again."
    )
    compared: Comparison | None = Field(
        None, description="That setting beside plain runs, made anew: what a cause is named by."
    )
    cause: Cause | None = Field(None, description="Of an intermittent failure, as runs show it.")
    speed: Speed | None = Field(None, description="Of a slow-down: what was measured.")
    order: OrderDependence | None = Field(
        None, description="Set when the tests before it decide whether it fails."
    )
    notes: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = Field((), description="Agents that were asked for a test.")
    seconds: float = 0

    @property
    def provable(self) -> bool:
        """Seen to fail, every time or often enough under one setting to prove a fix."""
        return self.outcome == "reproduced" or (
            self.outcome == "intermittent" and bool(self.amplifier)
        )

    @property
    def rate(self) -> Rate | None:
        """How often it failed under the setting that was chosen."""
        return next((one for one in self.rates if one.amplifier == self.amplifier), None)
