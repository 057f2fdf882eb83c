"""The state of the loopback GitHub: one repository, what happened in it, and planted faults.

A test puts things in and reads what came of them:

    github.add(Run(7, [[Job(31, conclusion="failure", log=b"...")]]))   # its address
    github.artifacts.append(Artifact(11, run=7, files={"junit.xml": b"<testsuite/>"}))
    github.annotations[31] = [Annotation("boom", "tests/test_a.py", 7)]   # by id of the job
    github.permissions["mona"] = "write"     # admin, maintain, write, triage, read, none
    github.comments.append(Comment(900, issue=1, body="/auto-fix", author="mona"))
    github.pulls, github.labels, github.dispatches                        # what was made
    github.faults = [Fault("/pulls", 503, method="POST")]
    github.seen                                                           # every request

``github.problems`` is filled where an answer, or a request, is not what GitHub's published
description allows; ``serve`` raises it at its end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

TOKEN = "ghp_" + "0a1B" * 9  # the form of a real one, so that a leak would be redacted and seen
BLOB_HOST = "logs.blob.example.invalid"  # where GitHub sends the reader of a log or an artifact
DOCS = "https://docs.github.com/rest"


@dataclass
class Job:
    """A job of one attempt. ``log`` is sent ``repeat`` times; None: there is no log."""

    id: int
    name: str = "test"
    conclusion: str | None = "success"
    log: bytes | None = b"2026-01-02T03:04:05.0000000Z all well\n"
    labels: tuple[str, ...] = ("ubuntu-24.04",)
    steps: tuple[tuple[str, str], ...] = ()  # name, conclusion
    repeat: int = 1
    expired: bool = False


@dataclass
class Run:
    """A run; ``attempts[n - 1]`` are the jobs of attempt n."""

    id: int
    attempts: list[list[Job]]
    conclusion: str | None = "failure"
    sha: str = "a" * 40
    branch: str = "main"
    workflow: str = "CI"
    event: str = "push"
    head_repository: str | None = None
    workflow_id: int = 55
    file: str = "ci.yml"
    number: int = 7
    created: str = "2026-01-02T03:00:00Z"
    actor: str = "octocat"

    def rerun(self, jobs: list[Job]) -> None:
        """One more attempt."""
        self.attempts.append(jobs)

    def moment(self, attempt: int, minute: int) -> str:
        """A time in an attempt: they begin an hour after each other."""
        begun = datetime.fromisoformat(self.created.removesuffix("Z"))
        return f"{(begun + timedelta(hours=attempt - 1, minutes=minute)).isoformat()}Z"


@dataclass
class Artifact:
    """What a run left: ``files`` (name -> content) as a zip, or ``content`` as it is."""

    id: int
    run: int
    name: str = "junit"
    files: dict[str, bytes] = field(default_factory=dict)
    content: bytes | None = None
    expired: bool = False
    attempt: int = 1  # that made it: only its time tells, GitHub does not


@dataclass
class Annotation:
    """A note of a job at a line. ``level``: notice, warning or failure."""

    message: str
    path: str = ".github"
    line: int = 1
    level: str = "failure"
    title: str | None = None


@dataclass
class Comment:
    """A comment on an issue or pull request. ``association``: OWNER, MEMBER, NONE, ..."""

    id: int
    issue: int
    body: str
    author: str = "octocat"
    association: str = "NONE"
    reactions: list[str] = field(default_factory=list)


@dataclass
class Fault:
    """What a request whose path contains ``path`` meets instead, ``times`` times.

    ``kind``: "answer" (status, message, headers), "lost" (done as asked, but answered with
    ``status``), "slow" (the true answer after ``seconds``), "spoilt" (the true answer, changed by
    ``spoil``), "stall" (half of the true answer, then nothing), "trickle" (all of it, in five
    seconds). Not GitHub's own words, and so not held against its description: "cut" (half of the
    true answer), "empty" (status 200, no byte), "page" (a proxy's HTML, 200), "foreign" (a status
    that is not described). ``method``: '' means any.
    """

    path: str
    status: int = 500
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 10**6
    kind: str = "answer"
    seconds: float = 0.0
    method: str = ""
    errors: tuple[dict[str, str], ...] = ()  # the details of a 422
    spoil: Callable[[Any], object] | None = None  # changes the body in place


@dataclass
class Seen:
    """A request as it came in."""

    host: str
    path: str
    query: dict[str, str]
    authorization: str
    method: str = "GET"


class GitHub:
    """The state of one repository's Actions and pull requests, and all that was asked."""

    def __init__(self, socket: Path, repository: str) -> None:
        self.socket = socket
        self.repository = repository
        self.runs: dict[int, Run] = {}
        self.artifacts: list[Artifact] = []
        self.annotations: dict[int, list[Annotation]] = {}
        self.permissions: dict[str, str] = {"octocat": "admin"}  # others are nobody
        self.comments: list[Comment] = []
        self.labels: dict[int, list[str]] = {}  # by number of the issue or pull request
        self.dispatches: list[dict[str, Any]] = []  # workflow, ref, inputs
        self.pulls: list[dict[str, Any]] = []  # as they are answered
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.problems: list[str] = []
        self.hidden_jobs = 0  # jobs that are counted and never listed
        self.closing = threading.Event()
        self.open = True  # False: a private repository that the token may not see
        self.old_name = ""  # the repository was called so once
        self.default_branch = "main"
        self.drafts = True  # False: a plan without draft pull requests
        self.bare: Path | None = None  # the repository that branches are pushed to
        self.shy_lists = 0  # so many lists of pull requests come too early to show any

    def add(self, run: Run) -> str:
        """Add a run; its address."""
        self.runs[run.id] = run
        return f"https://github.com/{self.repository}/actions/runs/{run.id}"

    def asked(self, part: str, method: str = "") -> list[Seen]:
        """The requests whose path contains ``part``."""
        return [one for one in self.seen if part in one.path and method in ("", one.method)]

    def fault_for(self, path: str, method: str = "GET") -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.path in path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None

    def job(self, number: int) -> tuple[Run, int, Job] | None:
        """The job of this id with its run and attempt."""
        for run in self.runs.values():
            for index, jobs in enumerate(run.attempts):
                for job in jobs:
                    if job.id == number:
                        return run, index + 1, job
        return None

    def pull(self, number: int) -> dict[str, Any] | None:
        """The pull request of this number."""
        return self.pulls[number - 1] if 0 < number <= len(self.pulls) else None
