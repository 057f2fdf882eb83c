"""What many runs of CI tell of tests that fail now and then."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record

Kind = Literal["flaky", "regression", "suspect"]


class Window(Record):
    """When something began: after the one commit, at the latest with the other."""

    after_commit: str = Field("", description="'' when it may have been so from the beginning.")
    after_time: str = ""
    by_commit: str
    by_time: str = Field(description="ISO 8601, UTC; '' where no time is known.")


class Finding(Record):
    """Something that a test's failures go with, beyond chance."""

    dimension: str = Field(description="e.g. 'os', 'matrix.db', 'worker', 'earlier', 'hour'.")
    level: str = Field(description="The value with which it fails more often.")
    failures_with: int
    runs_with: int
    failures_without: int
    runs_without: int
    q: float = Field(description="Fisher's exact test, corrected over all questions (Benjamini).")
    words: str
    same_runs: tuple[str, ...] = Field((), description="Other names for the very same runs.")


class Signature(Record):
    """What the failures say, without what changes from run to run."""

    text: str
    failures: int


class Case(Record):
    """One test that failed."""

    test: str = Field(description="pytest node id, or the name that the JUnit file gives.")
    kind: Kind
    failures: int
    runs: int
    rate: float
    interval: tuple[float, float] = Field(description="Of the rate: Clopper-Pearson, 95 %.")
    both_ways: int = Field(description="Commits at which the same job saw it fail and pass.")
    began: Window | None = None
    broken: Window | None = Field(None, description="Since then every run failed: a regression.")
    mended: str = Field("", description="Commit with which that ended; '' while it lasts.")
    only_jobs: tuple[str, ...] = Field((), description="Where it ever failed, when not everywhere.")
    last_failure: str = Field("", description="ISO 8601, UTC.")
    last_commit: str = ""
    last_url: str = ""
    findings: tuple[Finding, ...] = ()
    signatures: tuple[Signature, ...] = ()
    days: tuple[tuple[str, int, int], ...] = Field((), description="Date, failures, runs.")
    enough: bool = Field(
        True, description="Runs and failures enough to look for what it goes with."
    )


class Group(Record):
    """Tests that fail together, or one alone: what to repair as one thing."""

    rank: int
    cases: tuple[Case, ...]
    alike: float = Field(1.0, description="Share of common failing runs, least pair; 1 when alone.")
    red_jobs: int = Field(description="Jobs in which a test of it failed.")
    minutes: float = Field(description="Its share of the CI minutes of those jobs.")
    hint: str = Field(description="What to look at first, in words.")
    amplifier: str = Field(description="What to perturb first when it is reproduced.")
    request: str = Field(description="File of the ready request, relative to the report.")


class Outage(Record):
    """A job in which nearly everything failed: the machine, not the tests."""

    job: str
    run: str
    commit: str
    started: str
    failed: int
    tests: int


class Analysis(Artifact):
    """``analyze.json``."""

    schema_name = "analyze"

    source: str
    runs: int
    jobs: int
    commits: int
    tests: int
    results: int
    inferred: int = Field(
        0, description="Passes that follow from a job's success, not from a file."
    )
    first: str = Field("", description="When the first job began: ISO 8601, UTC.")
    last: str = ""
    level: float = Field(description="Most that a finding's q may be.")
    questions: int = Field(description="How many were asked, which the correction is over.")
    groups: tuple[Group, ...] = ()
    regressions: tuple[Case, ...] = ()
    suspects: tuple[Case, ...] = ()
    outages: tuple[Outage, ...] = ()
    notes: tuple[str, ...] = Field((), description="What could not be read or was left out.")
