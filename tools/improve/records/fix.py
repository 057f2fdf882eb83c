"""Attempts, the guard's verdicts and the proof."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record
from improve.records.rates import Confidence
from improve.records.speed import Repaired
from improve.records.usage import Usage
from improve.records.verdict import ProofOutcome, Verdict

AttemptOutcome = Literal[
    "kept",
    "refused",
    "no_change",
    "not_fixed",
    "made_worse",
    "proof_failed",
    "agent_failed",
    "skipped",
]


class SuiteComparison(Record):
    """The whole suite before and after, in numbers and in names."""

    complete: bool
    before_passed: int = 0
    before_failed: int = 0
    after_passed: int = 0
    after_failed: int = 0
    missing: tuple[str, ...] = Field((), description="Collected before, not collected after.")
    newly_failing: tuple[str, ...] = ()
    flaky: tuple[str, ...] = Field(
        (), description="Failed once after the fix, passed when run again."
    )
    newly_passing: tuple[str, ...] = ()
    note: str = ""


class Proof(Record):
    """Why a fix counts as real (or does not)."""

    outcome: ProofOutcome = Field(
        description="unverified: nothing failed, but a step could not be shown."
    )
    patch_sha256: str = Field("", description="Of the diff that was judged.")
    starts: int = Field(0, description="Interpreters that were started for it, the base's aside.")
    steps: tuple[Verdict, ...] = ()
    before_runs: int = 0
    before_failures: int = 0
    after_runs: int = 0
    after_passes: int = 0
    suite: SuiteComparison | None = None
    held_out: tuple[str, ...] = Field(
        (), description="Inputs and tests that were held out and do not pass; no agent is told."
    )
    sandbox: str = Field("", description="The sandbox that its runs really had.")
    seconds: float = 0
    confidence: Confidence | None = Field(None, description="Of an intermittent failure's fix.")
    repaired: Repaired | None = Field(None, description="Of a slow-down's fix: both commits.")


class RootCause(Record):
    """Where the fault was localised and what the kept diff changed."""

    summary: str = ""
    locations: tuple[str, ...] = Field(
        (), description="'path:line function', most suspicious first."
    )


class Attempt(Record):
    """One rung, once."""

    number: int
    agent: str
    outcome: AttemptOutcome
    reason: str = Field("", description="One sentence: why it was kept or refused.")
    explanation: str = Field("", description="What the agent says it changed and why (untrusted).")
    doubt: str = Field("", description="What the agent asks a reader to look at (untrusted).")
    patch: str | None = Field(None, description="Diff of the attempt, relative to the run folder.")
    files: tuple[str, ...] = ()
    guard: tuple[Verdict, ...] = ()
    check_output: str = ""
    proof: Proof | None = None
    seconds: float = 0
    usd: float = 0
    usage: tuple[Usage, ...] = Field((), description="Tokens and dollars, one entry a model.")
    turns: int = Field(0, description="Answers of a model.")
    denied: tuple[str, ...] = Field((), description="Calls that the fence refused (untrusted).")
    fault: str = Field("", description="What ended the agent early: key, busy, deadline, ...")
    signature: str = Field("", description="Of the failure that was left.")
    strategy: str = Field("", description="What it was asked to do differently, if anything.")
    hand_over: str = Field("", description="What it leaves to whoever comes next (untrusted).")
    root_cause: RootCause | None = Field(None, description="As the agent sees it (untrusted).")
    tried: int = Field(0, description="Candidates that an embedded search executed.")
    suspicious: tuple[str, ...] = Field(
        (), description="'path:line function', most suspicious first."
    )


class Fix(Artifact):
    """``fix.json``."""

    schema_name = "fix"

    outcome: Literal["fixed", "not_fixed", "out_of_budget", "not_attempted"]
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    verdict: ProofOutcome | None = Field(
        None, description="Of the kept fix; 'rejected': what was proposed failed a check."
    )
    kept: int | None = Field(None, description="Number of the attempt that was kept.")
    patch: str | None = Field(None, description="The fix alone, relative to the run folder.")
    best_patch: str | None = Field(
        None, description="When not fixed: the attempt that came closest."
    )
    base: str = ""
    base_commit: str = ""
    root_cause: RootCause = RootCause()
    seconds: float = 0
