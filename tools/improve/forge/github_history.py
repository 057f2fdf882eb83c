"""Test results of many finished runs: JUnit files in their artifacts, else the logs of red jobs.

Asked through the same gh, paging, waiting and limits as everything else; an attempt that is in the
database already costs no request.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from improve.contract import RunUrl
from improve.errors import ImproveError
from improve.evidence.parse_junit import JunitResults
from improve.forge.gh import Gh, get
from improve.forge.gh_answer import readable
from improve.forge.github import NoLog, fetch_log
from improve.forge.github_answers import JobAnswer, understood
from improve.forge.github_artifacts import choose, listed, members_of
from improve.forge.github_asked import KnownRunAnswer, RunsAnswer
from improve.forge.github_parts import part, part_of, without_job
from improve.forge.github_runs import attempt_of, facts
from improve.forge.junit_zip import Allowance
from improve.records import CiJob, CiRun
from improve.records.history import Part

PAGE = 100
MOST_ATTEMPTS = 20


class Wanted(NamedTuple):
    """Which runs: of a workflow (file name or id) and branch, '' for all; the newest so many."""

    runs: int = 200
    workflow: str = ""
    branch: str = ""


class Sink(NamedTuple):
    """Where results go: a JUnit file's bytes, a log's file, and a job of which success is all we know."""

    junit: Callable[[Part, Iterable[bytes]], JunitResults]
    log: Callable[[Part, Path], None]
    green: Callable[[Part], None]


@dataclass(frozen=True)
class Attempt:
    """One attempt of a run that is to be read; ``key`` is what it is known by."""

    key: str
    place: RunUrl


def attempts(
    gh: Gh, owner: str, repo: str, wanted: Wanted, finished: Collection[str]
) -> Iterator[Attempt]:
    """The attempts of the newest finished runs that are not among ``finished``, newest run first.

    Raises: ImproveError when there is no such repository or workflow, and what ``get`` raises.
    """
    for run in _runs(gh, owner, repo, wanted):
        for number in range(max(1, run.run_attempt - MOST_ATTEMPTS + 1), run.run_attempt + 1):
            key = f"{gh.host}/{owner}/{repo}/runs/{run.id}/attempts/{number}".lower()
            if key not in finished:
                yield Attempt(key, RunUrl(gh.host, owner, repo, run.id, number, None))


def _runs(gh: Gh, owner: str, repo: str, wanted: Wanted) -> Iterator[KnownRunAnswer]:
    among = f"workflows/{wanted.workflow}/runs" if wanted.workflow else "runs"
    seen: set[int] = set()
    for page in range(1, -(-wanted.runs // PAGE) + 2):
        query = {"status": "completed", "per_page": PAGE, "page": page}
        query |= {"branch": wanted.branch} if wanted.branch else {}
        path = f"repos/{owner}/{repo}/actions/{among}?{urlencode(query)}"
        answer = get(gh, path)
        if answer.status != 200:
            raise ImproveError(
                f"{gh.host} shows no runs of {owner}/{repo} (HTTP {answer.status}: {answer.said}).",
                "Check the names of repository and workflow; `gh auth status` shows who you are.",
            )
        told = understood(RunsAnswer, answer.body, "the runs").workflow_runs
        for run in told:  # a run that ends meanwhile moves the others to the next page
            if run.id not in seen and len(seen) < wanted.runs:
                seen.add(run.id)
                yield run
        if len(told) < PAGE or len(seen) >= wanted.runs:
            return


def read_attempt(gh: Gh, attempt: Attempt, folder: Path, sink: Sink) -> list[str]:
    """Give all results of an attempt to ``sink``; what could not be had, as notes.

    Archives and logs lie in ``folder`` while they are read. Raises what ``get`` raises.
    """
    place, notes = attempt.place, list[str]()
    url = f"https://{gh.host}/{place.owner}/{place.repo}/actions/runs/{place.run}"
    answer, jobs = attempt_of(gh, place)
    if not jobs:
        return []
    run = facts(url, place, answer, jobs, jobs)
    parts = {
        job.id: part(attempt.key, run, kept, job) for job, kept in zip(jobs, run.jobs, strict=True)
    }
    if not _artifacts(gh, attempt, run, list(parts.values()), folder, sink, notes):
        for job, kept in zip(jobs, run.jobs, strict=True):
            _log_of(gh, attempt, job, kept, parts[job.id], folder, sink, notes)
    return [f"run {place.run}, attempt {place.attempt}: {note}" for note in notes]


def _artifacts(
    gh: Gh,
    attempt: Attempt,
    run: CiRun,
    parts: Sequence[Part],
    folder: Path,
    sink: Sink,
    notes: list[str],
) -> bool:
    """Whether there was any file of test results."""
    allowance = Allowance(gh.budget)
    known = False
    for artifact in choose(listed(gh, attempt.place, run, notes), run, notes):
        name = readable(artifact.name)
        of = part_of(name, parts)
        one = (of or without_job(parts, name)).model_copy(update={"kind": "junit"})

        def read(
            member: str, chunks: Iterable[bytes], one: Part = one, name: str = name
        ) -> JunitResults:
            key = f"{attempt.key}/{name}/{member}"
            return sink.junit(one.model_copy(update={"key": key}), chunks)

        found, told = members_of(gh, attempt.place, artifact, folder, allowance, read)
        notes += [f"artifact {name}: {note}" for note in told]
        known = known or bool(found)
    return known


def _log_of(
    gh: Gh,
    attempt: Attempt,
    job: JobAnswer,
    kept: CiJob,
    of: Part,
    folder: Path,
    sink: Sink,
    notes: list[str],
) -> None:
    if job.conclusion == "success":
        sink.green(of.model_copy(update={"kind": "green"}))
    if not job.failed:
        return
    file = folder / f"{job.id}.log"
    try:
        fetch_log(gh, attempt.place, kept, file)
        sink.log(of.model_copy(update={"kind": "log"}), file)
    except NoLog as error:
        notes.append(error.what)
    finally:
        file.unlink(missing_ok=True)
