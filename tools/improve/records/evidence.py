"""Evidence: what logs and test runs say about failures, distilled and structured."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Artifact, Record

FailureKind = Literal["call", "setup", "teardown", "collection", "timeout", "crash", "other"]
Framework = Literal["pytest", "unittest", "python", "command"]


class Frame(Record):
    """One entry of a traceback, outermost first in the tuples that hold it."""

    file: str
    line: int = Field(ge=0)
    function: str = ""


class Failure(Record):
    """One failing test (or program), as told by a log or by a run of our own."""

    framework: Framework = "pytest"
    kind: FailureKind = "call"
    node_id: str | None = Field(None, description="pytest node id, relative to the test root.")
    file: str | None = Field(None, description="Where it broke; '/' separated, as the log has it.")
    line: int | None = None
    error_type: str | None = Field(
        None, description="e.g. 'ValueError', 'requests.exceptions.Timeout'."
    )
    message: str = Field("", description="First line of the message, redacted.")
    message_cut: bool = Field(False, description="The log shortened the message ('...').")
    excerpt: str = Field(
        "", description="The traceback or its most telling part, redacted, <= 4 KiB."
    )
    frames: tuple[Frame, ...] = ()
    signature: str = ""
    job: str | None = Field(None, description="CI job that the line came from, when the log says.")


class LoggedEnvironment(Record):
    """What a log reveals of the machine that it was written on."""

    os: str | None = None
    python: str | None = Field(None, description="e.g. '3.11.7'.")
    pytest: str | None = None
    packages: dict[str, str] = Field(
        default_factory=dict, description="normalised name -> version."
    )
    rootdir: str | None = None
    command: str | None = Field(
        None, description="The test command that CI ran, if the log shows it."
    )
    commit: str | None = Field(None, description="Full commit id that CI had checked out.")
    branch: str | None = None


class Distilled(Record):
    """What ``evidence.distil`` makes of a log."""

    failures: tuple[Failure, ...] = ()
    environment: LoggedEnvironment = LoggedEnvironment()
    lines: int = 0
    bytes: int = 0
    notes: tuple[str, ...] = Field((), description="What was cut, replaced or could not be read.")


class LogFile(Record):
    """A log kept in the run folder."""

    path: str = Field(description="Relative to the run folder.")
    bytes: int
    sha256: str


class CiJob(Record):
    """A failed job of a CI run. Names are cleaned and redacted."""

    id: int
    name: str
    conclusion: str
    failed_steps: tuple[str, ...] = ()
    labels: tuple[str, ...] = Field((), description="What its runner was asked to be.")
    runner: str | None = Field(None, description="The runner's name.")
    os: str | None = Field(None, description="Linux, Windows or macOS, as the labels tell.")
    matrix: dict[str, str] = Field(
        default_factory=dict,
        description="The values in its name; keys from the workflow file, else '1', '2', ...",
    )
    started: str | None = Field(None, description="ISO 8601, UTC.")


class Annotation(Record):
    """What a tool or the runner wrote beside a line of code. Texts are cleaned and redacted."""

    job: str
    level: Literal["failure", "warning"]
    file: str
    line: int = Field(ge=0)
    title: str = ""
    message: str = Field("", description="At most 1,000 bytes.")


class JunitFile(Record):
    """A file of test results out of an artifact of the run."""

    artifact: str = Field(description="The artifact's name, cleaned and redacted.")
    file: str = Field(description="Its name there, cleaned and redacted; never used as a path.")
    tests: int = 0
    failures: int = 0
    order: tuple[str, ...] = Field(
        (), description="Addresses of its tests, as they ran, up to the last that failed."
    )


class CiRun(Record):
    """What the forge says of the attempt whose logs were fetched."""

    url: str = Field(description="As the request gave it.")
    repository: str = Field(description="owner/name.")
    id: int
    attempt: int
    workflow: str = ""
    event: str = ""
    conclusion: str | None = None
    commit: str = Field(description="Full id of the commit at the head of the branch.")
    branch: str | None = None
    fork: str | None = Field(None, description="owner/name that holds the branch, when another.")
    total_jobs: int = 0
    jobs: tuple[CiJob, ...] = Field((), description="The failed ones.")
    workflow_file: str | None = Field(None, description="Its path in the repository.")
    ended: str | None = Field(None, description="When the attempt was complete: ISO 8601, UTC.")


class Evidence(Artifact):
    """``fetch-logs.json``."""

    schema_name = "fetch-logs"

    source: Literal["url", "raw-logs", "existing-test", "check"]
    logs: tuple[LogFile, ...] = ()
    failures: tuple[Failure, ...] = ()
    environment: LoggedEnvironment = LoggedEnvironment()
    ci_run: CiRun | None = Field(None, description="Set when the logs were fetched from a url.")
    junit: tuple[JunitFile, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    notes: tuple[str, ...] = ()
