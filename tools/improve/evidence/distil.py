"""The entry of this room: a log of any size in, failures and environment out, in flat memory."""

from __future__ import annotations

import re
from collections.abc import Iterable

from improve.evidence.clean import CAP, Line, decode, undress
from improve.evidence.environment import EnvironmentReader
from improve.evidence.lines import capped_lines, split_recoded
from improve.evidence.parse_pytest import PytestParser
from improve.evidence.parse_traceback import TracebackParser
from improve.evidence.parse_unittest import UnittestParser
from improve.evidence.pieces import Piece, fit
from improve.evidence.signature import signature
from improve.records.evidence import Distilled, Failure, FailureKind, LoggedEnvironment
from improve.redaction import redact

__all__ = ["capped_lines", "distil"]

MAX_FAILURES = 2000
MAX_JOBS = 256
MESSAGE_BYTES = 1000
_ENDED = re.compile(
    r"Process completed with exit code \d{1,4}"
    r"|The (?:job|action)\b.{0,200}exceeded the maximum execution time of .{1,40}"
    r"|The operation was cancell?ed"
)


class _Job:
    """The parsers of one CI job; pytest first, as its output may hold all other kinds."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.environment = EnvironmentReader()
        self.pytest = PytestParser(MAX_FAILURES)
        self.unittest = UnittestParser(MAX_FAILURES)
        self.plain = TracebackParser(MAX_FAILURES)
        self.ending: Piece | None = None

    def feed(self, text: str, mark: str) -> None:
        self.environment.feed(text, mark)
        if mark:
            self._marked(text, mark)
        if self.pytest.feed(text) or self.unittest.feed(text):
            return
        self.plain.feed(text)

    def _marked(self, text: str, mark: str) -> None:
        found = _ENDED.match(text) if mark == "error" else None
        if found or (mark == "group" and text.startswith("Run ")):
            self.close()
            if found and self.pytest.unfinished and self.ending is None:
                kind: FailureKind = "crash" if "exit code" in found[0] else "timeout"
                self.ending = Piece(kind=kind, node_id=self.pytest.unfinished, message=found[0])

    def close(self) -> None:
        self.pytest.close()
        self.unittest.close()
        self.plain.close()

    def pieces(self) -> list[Piece]:
        """Failures of test runners; of a log without any, its tracebacks."""
        self.close()
        found = [*self.pytest.pieces, *self.unittest.pieces]
        return found or ([self.ending] if self.ending else [])

    @property
    def dropped(self) -> int:
        return self.pytest.dropped + self.unittest.dropped + self.plain.dropped


def distil(lines: Iterable[bytes]) -> Distilled:
    """Failures, environment and notes of a log, cleaned and redacted.

    ``lines`` are the log's lines as bytes, with or without their ends, as ``capped_lines`` or an
    open file yields them. Nothing is raised for whatever they hold; at most 2,000 failures are
    kept in full, the rest is counted in the notes.
    """
    jobs: dict[str | None, _Job] = {None: _Job(None)}
    plain_job = jobs[None]
    count = size = cut = 0
    for raw in split_recoded(lines):
        count += 1
        size += len(raw) + (raw[-1:] != b"\n")
        if len(raw) >= CAP:
            cut += 1
        text = decode(raw).rstrip("\r\n")
        for line in (undress(text),) if "\r" not in text else _parts(text):
            job = plain_job if line.job is None else _job(jobs, line.job)
            job.feed(line.text, line.mark)
    failures, dropped = _collect(list(jobs.values()))
    return Distilled(
        failures=tuple(failures),
        environment=_environment(list(jobs.values()), failures),
        lines=count,
        bytes=size,
        notes=tuple(_notes(cut, dropped, len(jobs) - 1)),
    )


def _parts(text: str) -> list[Line]:
    """A progress bar redraws its line with lone CRs: each state is a line of the same job."""
    first, *rest = text.split("\r")
    head = undress(first)
    return [head, *(undress(part)._replace(job=head.job) for part in rest if part.strip())]


def _job(jobs: dict[str | None, _Job], name: str) -> _Job:
    job = jobs.get(name)
    if job is None:
        key = name if len(jobs) < MAX_JOBS else None
        job = jobs.setdefault(key, _Job(key))
    return job


def _collect(jobs: list[_Job]) -> tuple[list[Failure], int]:
    found: dict[object, Failure] = {}
    pieces = [(job, piece) for job in jobs for piece in job.pieces()]
    dropped = sum(job.dropped for job in jobs)
    if not pieces:
        pieces = [(job, piece) for job in jobs for piece in job.plain.pieces]
    for job, piece in pieces:
        key = _identity(piece)
        if key in found:
            found[key] = _joined(found[key], finished(piece, job.name))
        elif len(found) < MAX_FAILURES:
            found[key] = finished(piece, job.name)
        else:
            dropped += 1
    return list(found.values()), dropped


def _identity(piece: Piece) -> object:
    if piece.node_id:
        return (piece.node_id, piece.kind)
    return (piece.kind, piece.title, piece.error_type, piece.message, tuple(piece.frames[-1:]))


def _joined(first: Failure, second: Failure) -> Failure:
    """One failure told twice (several jobs, a retry): the fuller telling, all jobs."""
    jobs = [name for name in (first.job or "").split(", ") if name]
    if second.job and second.job not in jobs:
        jobs.append(second.job)
    richer = second if _wealth(second) > _wealth(first) else first
    return richer.model_copy(update={"job": ", ".join(jobs) or None})


def _wealth(failure: Failure) -> tuple[bool, bool, int]:
    return (bool(failure.message) and not failure.message_cut, bool(failure.frames), 0)


def finished(piece: Piece, job: str | None) -> Failure:
    """The record of a piece: redacted, fitted, with its signature."""
    failure = piece.failure(job)
    message = redact(failure.message)
    shown = fit(message, MESSAGE_BYTES)
    update: dict[str, object] = {
        "message": shown,
        "message_cut": failure.message_cut or len(shown) < len(message),
        "excerpt": fit(redact(failure.excerpt)),
        "node_id": redact(failure.node_id) if failure.node_id else None,
    }
    clean = failure.model_copy(update=update)
    return clean.model_copy(update={"signature": signature(clean)})


def _environment(jobs: list[_Job], failures: list[Failure]) -> LoggedEnvironment:
    """The environment of the job that failed first; else of the first that tested."""
    blamed = (failures[0].job or "") if failures else ""
    ranked = sorted(
        jobs,
        key=lambda j: (j.name is None or not blamed.startswith(j.name), not j.environment.found),
    )
    environment = ranked[0].environment.result()
    if environment.command:
        environment = environment.model_copy(update={"command": redact(environment.command)})
    return environment


def _notes(cut: int, dropped: int, jobs: int) -> list[str]:
    notes = []
    if cut:
        notes.append(f"{cut} lines were longer than {CAP} bytes and were cut there")
    if dropped:
        notes.append(f"{dropped} failures more than the {MAX_FAILURES} kept were only counted")
    if jobs >= MAX_JOBS - 1:
        notes.append(f"more than {MAX_JOBS - 1} jobs; the rest was read as one")
    return notes
