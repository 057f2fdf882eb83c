"""A small GitHub on this machine, for the real ``gh``: runs, attempts, jobs and logs, with faults.

``gh`` is led here by ``http_unix_socket`` in its configuration: it then speaks plain HTTP over the
socket, for whatever host it means, and the Host header tells which. No packet leaves the machine.
"""

from __future__ import annotations

import contextlib
import json
import re
import socketserver
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    true answer after ``seconds``), "empty" (status 200, no byte), "page" (a proxy's HTML, 200).
    """

    path: str
    status: int = 500
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 10**6
    kind: str = "answer"
    seconds: float = 0.0


@dataclass
class Seen:
    """A request as it came in."""

    host: str
    path: str
    query: dict[str, str]
    authorization: str


class GitHub:
    """The state of one repository's Actions, and all that was asked."""

    def __init__(self, socket: Path, repository: str) -> None:
        self.socket = socket
        self.repository = repository
        self.runs: dict[int, Run] = {}
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.open = True  # False: a private repository that the token may not see

    def add(self, run: Run) -> str:
        """Add a run; its address."""
        self.runs[run.id] = run
        return f"https://github.com/{self.repository}/actions/runs/{run.id}"

    def asked(self, part: str) -> list[Seen]:
        """The requests whose path contains ``part``."""
        return [one for one in self.seen if part in one.path]

    def fault_for(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.path in path:
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


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_args: object) -> None:
        return

    def do_GET(self) -> None:
        github = self.server.github
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v3")  # an Enterprise server's prefix
        host = self.headers.get("Host", "")
        github.seen.append(Seen(host, path, query, self.headers.get("Authorization", "")))
        fault = github.fault_for(path)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # gh was ended meanwhile
            if fault is None or fault.kind in ("cut", "slow"):
                time.sleep(fault.seconds if fault else 0)
                self._answer(
                    github, host, path, query, cut=fault is not None and fault.kind == "cut"
                )
            elif fault.kind == "answer":
                self._json(
                    fault.status,
                    {"message": fault.message, "documentation_url": DOCS},
                    fault.headers,
                )
            else:
                page = b"<html>Please sign in to the proxy</html>" if fault.kind == "page" else b""
                self._bytes(200, [page], len(page), "text/html")

    def _answer(
        self, github: GitHub, host: str, path: str, query: dict[str, str], cut: bool
    ) -> None:
        if host == BLOB_HOST:
            found = github.job(int(path.rsplit("/", 1)[1]))
            assert found is not None
            log = found[2].log or b""
            self._bytes(200, [log] * found[2].repeat, len(log) * found[2].repeat, "text/plain", cut)
        elif self.headers.get("Authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            self._json(401, {"message": "Bad credentials", "documentation_url": DOCS})
        else:
            self._route(github, path, query, cut)

    def _route(self, github: GitHub, path: str, query: dict[str, str], cut: bool) -> None:
        prefix = f"/repos/{github.repository}/actions"
        if github.open and path.startswith(prefix):
            for pattern, answer in ROUTES:
                found = re.fullmatch(pattern, path[len(prefix) :])
                body = (
                    answer(github, query, *(int(part) for part in found.groups()))
                    if found
                    else None
                )
                if isinstance(body, int):
                    self._json(body, {"message": "Server Error", "documentation_url": DOCS})
                    return
                if isinstance(body, str):
                    self._json(302, {}, {"Location": body})
                    return
                if body is not None:
                    self._json(200, body, cut=cut)
                    return
        self._json(404, {"message": "Not Found", "documentation_url": DOCS})

    def _json(
        self, status: int, body: object, headers: dict[str, str] | None = None, cut: bool = False
    ) -> None:
        data = json.dumps(body).encode()
        self._bytes(status, [data], len(data), "application/json; charset=utf-8", cut, headers)

    def _bytes(
        self,
        status: int,
        chunks: list[bytes],
        size: int,
        kind: str,
        cut: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(size),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(chunk[: len(chunk) // 2] if cut else chunk)


Answer = dict[str, Any] | str | int | None  # a body, the place to go to, a status, or: not here


def _run(github: GitHub, _query: dict[str, str], number: int, attempt: int | None = None) -> Answer:
    run = github.runs.get(number)
    chosen = attempt or (len(run.attempts) if run else 0)
    return github.describe_run(run, chosen) if run and chosen <= len(run.attempts) else None


def _jobs(github: GitHub, query: dict[str, str], number: int, attempt: int) -> Answer:
    run = github.runs.get(number)
    if run is None or attempt > len(run.attempts):
        return None
    size = min(int(query.get("per_page", 30)), 100)
    start = (int(query.get("page", 1)) - 1) * size
    jobs = run.attempts[attempt - 1]
    shown = [github.describe_job(run, attempt, job) for job in jobs[start : start + size]]
    return {"total_count": len(jobs), "jobs": shown}


def _job(github: GitHub, _query: dict[str, str], number: int) -> Answer:
    found = github.job(number)
    return github.describe_job(*found) if found else None


def _logs(github: GitHub, _query: dict[str, str], number: int) -> Answer:
    found = github.job(number)
    if found is None or found[2].log is None:
        return None
    return 410 if found[2].expired else f"https://{BLOB_HOST}/blob/{number}?sig=secret"


ROUTES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (r"/runs/(\d+)", _run),
    (r"/runs/(\d+)/attempts/(\d+)", _run),
    (r"/runs/(\d+)/attempts/(\d+)/jobs", _jobs),
    (r"/jobs/(\d+)", _job),
    (r"/jobs/(\d+)/logs", _logs),
)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, github: GitHub) -> None:
        self.github = github
        super().__init__(str(github.socket), _Handler)


@contextlib.contextmanager
def serve(repository: str = "acme/shop") -> Iterator[GitHub]:
    """A GitHub that answers while the context is open.

    Its socket lies in a short temporary folder: the path of a socket is limited to 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="gh-") as folder:
        github = GitHub(Path(folder) / "s", repository)
        with _Server(github) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield github
            finally:
                server.shutdown()
                thread.join()


def configure(github: GitHub, folder: Path) -> dict[str, str]:
    """The environment variables with which ``gh`` talks to ``github``; ``folder`` is gh's own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(f"http_unix_socket: {github.socket}\n")
    return {"GH_CONFIG_DIR": str(folder), "GH_TOKEN": TOKEN}
