"""The state of the small GitHub: runs, attempts, jobs, logs and planted faults."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOKEN = "ghp_" + "0a1B" * 9  # the form of a real one, so that a leak would be redacted and seen
BLOB_HOST = "logs.blob.example.invalid"  # where GitHub sends the reader of a log
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

    def rerun(self, jobs: list[Job]) -> None:
        """One more attempt."""
        self.attempts.append(jobs)


@dataclass
class Fault:
    """What a request whose path contains ``path`` meets instead, ``times`` times.

    ``kind``: "answer" (status, message, headers), "cut" (half of the true answer), "slow" (the
    true answer after ``seconds``), "empty" (status 200, no byte), "page" (a proxy's HTML, 200),
    "lost" (done as asked, but answered with ``status``). ``method``: '' means any.
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


@dataclass
class Seen:
    """A request as it came in."""

    host: str
    path: str
    query: dict[str, str]
    authorization: str
    method: str = "GET"


class GitHub:
    """The state of one repository's Actions, and all that was asked."""

    def __init__(self, socket: Path, repository: str) -> None:
        self.socket = socket
        self.repository = repository
        self.runs: dict[int, Run] = {}
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.hidden_jobs = 0  # jobs that are counted and never listed
        self.closing = threading.Event()
        self.open = True  # False: a private repository that the token may not see
        self.old_name = ""  # the repository was called so once
        self.default_branch = "main"
        self.drafts = True  # False: a plan without draft pull requests
        self.bare: Path | None = None  # the repository that branches are pushed to
        self.pulls: list[dict[str, Any]] = []  # as they are answered
        self.shy_lists = 0  # so many lists of pull requests come too early to show any

    def add(self, run: Run) -> str:
        """Add a run; its address."""
        self.runs[run.id] = run
        return f"https://github.com/{self.repository}/actions/runs/{run.id}"

    def asked(self, part: str) -> list[Seen]:
        """The requests whose path contains ``part``."""
        return [one for one in self.seen if part in one.path]

    def fault_for(self, path: str, method: str = "GET") -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.path in path and fault.method in ("", method):
                fault.times -= 1
                return fault
        return None

    def job(self, number: int) -> tuple[Run, int, Job] | None:
        for run in self.runs.values():
            for index, jobs in enumerate(run.attempts):
                for job in jobs:
                    if job.id == number:
                        return run, index + 1, job
        return None

    def describe_run(self, run: Run, attempt: int) -> dict[str, Any]:
        """The answer of /actions/runs/ID (the fields of GitHub's description that count here)."""
        page = f"https://github.com/{self.repository}/actions/runs/{run.id}"
        return {
            "id": run.id, "name": run.workflow, "run_number": 7, "run_attempt": attempt,
            "event": run.event, "status": "completed" if run.conclusion else "in_progress",
            "conclusion": run.conclusion, "head_branch": run.branch, "head_sha": run.sha,
            "html_url": page, "repository": {"full_name": self.repository},
            "head_repository": {"full_name": run.head_repository or self.repository},
            "path": ".github/workflows/ci.yml", "workflow_id": 55, "created_at": "2026-01-02T03:00:00Z",
        }  # fmt: skip

    def describe_job(self, run: Run, attempt: int, job: Job) -> dict[str, Any]:
        """The answer of /actions/jobs/ID."""
        return {
            "id": job.id, "run_id": run.id, "run_attempt": attempt, "name": job.name,
            "status": "completed" if job.conclusion else "in_progress", "conclusion": job.conclusion,
            "head_sha": run.sha, "head_branch": run.branch, "workflow_name": run.workflow,
            "labels": list(job.labels), "runner_name": "GitHub Actions 1",
            "html_url": f"https://github.com/{self.repository}/actions/runs/{run.id}/job/{job.id}",
            "steps": [
                {"name": name, "conclusion": conclusion, "status": "completed", "number": number}
                for number, (name, conclusion) in enumerate(job.steps, 1)
            ],
        }  # fmt: skip


Answer = dict[str, Any] | str | int  # a body, the place to go to, or a status


def _run(github: GitHub, _query: dict[str, str], number: int, attempt: int | None = None) -> Answer:
    run = github.runs.get(number)
    chosen = attempt or (len(run.attempts) if run else 0)
    return github.describe_run(run, chosen) if run and chosen <= len(run.attempts) else 404


def _jobs(github: GitHub, query: dict[str, str], number: int, attempt: int) -> Answer:
    run = github.runs.get(number)
    if run is None or attempt > len(run.attempts):
        return 404
    size = min(int(query.get("per_page", 30)), 100)
    start = (int(query.get("page", 1)) - 1) * size
    jobs = run.attempts[attempt - 1]
    shown = [github.describe_job(run, attempt, job) for job in jobs[start : start + size]]
    return {"total_count": len(jobs) + github.hidden_jobs, "jobs": shown}


def _job(github: GitHub, _query: dict[str, str], number: int) -> Answer:
    found = github.job(number)
    return github.describe_job(*found) if found else 404


def _logs(github: GitHub, _query: dict[str, str], number: int) -> Answer:
    found = github.job(number)
    if found is None or found[2].log is None:
        return 404
    return 410 if found[2].expired else f"https://{BLOB_HOST}/blob/{number}?sig=secret"


ROUTES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (r"/runs/(\d+)", _run),
    (r"/runs/(\d+)/attempts/(\d+)", _run),
    (r"/runs/(\d+)/attempts/(\d+)/jobs", _jobs),
    (r"/jobs/(\d+)", _job),
    (r"/jobs/(\d+)/logs", _logs),
)


def route(github: GitHub, path: str, query: dict[str, str]) -> Answer:
    for pattern, answer in ROUTES:
        found = re.fullmatch(pattern, path)
        if found:
            return answer(github, query, *(int(part) for part in found.groups()))
    return 404
