"""Read a red run of GitHub Actions: what failed at which commit, and the failed jobs' logs.

Run -> its attempt (the latest, or the url's) -> the jobs of that very attempt -> one log file for
each failed job. A job's own log is asked for, since a run's archive is cut by job name and its
default attempt may be another one (cli/cli#5629, #10853).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from improve.context import Budget
from improve.contract import RunUrl, parse_run_url
from improve.errors import ImproveError, RequestError
from improve.forge.gh import Gh, get
from improve.forge.gh_answer import ANOTHERS, readable
from improve.forge.gh_refusals import RESUME
from improve.forge.github_runs import red_run
from improve.records import CiJob, CiRun


@dataclass(frozen=True)
class FetchedLog:
    """One failed job and the file that holds its log, byte for byte."""

    job: CiJob
    file: Path


@dataclass(frozen=True)
class FetchedRun:
    """What was read: facts, logs, and in ``notes`` what could not be had."""

    run: CiRun
    logs: tuple[FetchedLog, ...]
    notes: tuple[str, ...] = ()
    whole: bool = True  # False: the url names one job, the run may have had others

    @property
    def jobs(self) -> tuple[str, ...]:
        """The name of each log's job, in the order of ``logs``."""
        return tuple(log.job.name for log in self.logs)


def fetch_logs(
    url: str, folder: Path, seconds: float, tell: Callable[[str], None] = lambda _text: None
) -> FetchedRun:
    """The failed jobs of the run at ``url``; logs go to ``folder/<job id>.log``, mode 0600.

    Raises: RequestError for another kind of address; NotSignedIn; OutOfBudget when no log came
    within ``seconds``; ImproveError for everything else that stands between us and the first log
    (no gh, no such run, still running, nothing failed, expired, rate limit, outage).
    """
    place = parse_run_url(url)
    if place is None:
        raise RequestError(
            f"url: {readable(url)!r} is not the address of a GitHub Actions run or job.",
            "Copy it from the browser: https://github.com/OWNER/REPO/actions/runs/NUMBER",
        )
    gh = Gh(place.host, Budget.of(seconds), tell)
    tell(f"asking {place.host} about run {place.run}")
    run = red_run(gh, url, place)
    folder.mkdir(parents=True, exist_ok=True)
    logs, notes = _logs(gh, place, run, folder)
    return FetchedRun(run, tuple(logs), (*_notes_about(run), *notes), place.job is None)


def _logs(gh: Gh, place: RunUrl, run: CiRun, folder: Path) -> tuple[list[FetchedLog], list[str]]:
    """The logs that can be had, and a note for each that cannot; the first one's error if none."""
    logs: list[FetchedLog] = []
    missed: list[ImproveError] = []
    for number, job in enumerate(run.jobs, 1):
        gh.tell(f"fetching the log of failed job {number} of {len(run.jobs)}: {job.name}")
        file = folder / f"{job.id}.log"
        try:
            fetch_log(gh, place, job, file)
        except NoLog as error:
            missed.append(error)
        except ImproveError as error:
            if not logs:
                raise
            left = len(run.jobs) - number + 1
            missed.append(ImproveError(f"{left} of {len(run.jobs)} logs are missing: {error.what}"))
            break
        else:
            logs.append(FetchedLog(job, file))
    if not logs:
        raise missed[0]
    return logs, [error.what for error in missed]


class NoLog(ImproveError):
    """One job's log cannot be had; the others may be there."""


def fetch_log(gh: Gh, place: RunUrl, job: CiJob, file: Path) -> None:
    """The log of ``job`` to ``file``. Raises: NoLog when it cannot be had, and what ``get`` raises."""
    answer = get(gh, f"repos/{place.owner}/{place.repo}/actions/jobs/{job.id}/logs", file)
    title = f"job {job.id} ({job.name})"
    instead = 'or give a saved log as "raw-logs".'
    if answer.status == 410:
        raise NoLog(
            f"The log of {title} has expired and was deleted (HTTP 410).",
            f"Run the job again and give the new run's url, {instead}",
        )
    if answer.status == 404:
        raise NoLog(
            f"There is no log of {title} (HTTP 404).",
            f"Its runner may have been lost before a log was written: run it again, {instead}",
        )
    if answer.status != 200:
        raise NoLog(
            f"The log of {title} came with HTTP {answer.status}: {answer.said}",
            f"Try again: {RESUME}, {instead}",
        )
    if answer.page:
        file.unlink()
        raise NoLog(f"What came as the log of {title} is a web page.", ANOTHERS)
    if not file.stat().st_size:
        file.unlink()
        raise NoLog(
            f"The log of {title} came empty although GitHub said 200.",
            f"Logs arrive late at times: wait a minute and {RESUME}, {instead}",
        )


def _notes_about(run: CiRun) -> list[str]:
    if run.fork:
        return [f"The run tested branch {run.branch} of {run.fork}, a fork of {run.repository}."]
    return []
