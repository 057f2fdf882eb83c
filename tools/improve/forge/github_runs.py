"""Which run, attempt and jobs an address means, and whether anything failed there."""

from __future__ import annotations

import re

from improve.contract import RunUrl
from improve.errors import ImproveError, RequestError
from improve.forge.gh import Gh, get
from improve.forge.gh_answer import readable
from improve.forge.gh_refusals import RESUME
from improve.forge.github_answers import JobAnswer, JobsAnswer, RunAnswer, understood
from improve.records import CiJob, CiRun

PAGE = 100
NAME = 200
SYSTEMS = (("ubuntu", "Linux"), ("linux", "Linux"), ("windows", "Windows"), ("macos", "macOS"))
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_WORKFLOW = re.compile(r"\.github/workflows/[\w. -]{1,200}")


def red_run(gh: Gh, url: str, place: RunUrl) -> CiRun:
    """The attempt that ``place`` means, with its failed jobs, of which there is at least one.

    Raises: RequestError when a job is not of that run; ImproveError when there is no such run, or
    it is not finished, or nothing failed; and what ``get`` raises.
    """
    run, jobs = _one_job(gh, place) if place.job else attempt_of(gh, place)
    failed = [job for job in jobs if job.failed]
    if not failed:
        raise _nothing_failed(place, run, jobs)
    return facts(url, place, run, jobs, failed)


def attempt_of(gh: Gh, place: RunUrl) -> tuple[RunAnswer, list[JobAnswer]]:
    """A finished attempt and all its jobs; the latest one where ``place`` names none.

    Raises: ImproveError when there is no such run, or it is not finished; what ``get`` raises.
    """
    run = _run(gh, place, place.attempt)
    if run.status != "completed":
        raise _still_running(f"Run {place.run} (attempt {run.run_attempt})", run.status)
    return run, _jobs(gh, place, run.run_attempt)


def _one_job(gh: Gh, place: RunUrl) -> tuple[RunAnswer, list[JobAnswer]]:
    what = f"job {place.job}"
    job = understood(JobAnswer, _body(gh, place, f"jobs/{place.job}", what), what)
    if job.run_id != place.run or place.attempt not in (None, job.run_attempt):
        raise RequestError(
            f"url: job {job.id} belongs to attempt {job.run_attempt} of run {job.run_id}, "
            "not to what the address says.",
            "Copy the address of the job from the browser once more.",
        )
    if job.status != "completed":  # the run may go on: this job's log is complete all the same
        raise _still_running(f"Job {job.id}", job.status)
    return _run(gh, place, job.run_attempt), [job]


def _run(gh: Gh, place: RunUrl, attempt: int | None) -> RunAnswer:
    what = f"run {place.run}" + (f", attempt {attempt}" if attempt else "")
    path = f"runs/{place.run}" + (f"/attempts/{attempt}" if attempt else "")
    return understood(RunAnswer, _body(gh, place, path, what), what)


def _jobs(gh: Gh, place: RunUrl, attempt: int) -> list[JobAnswer]:
    # By hand: gh 2.23 shows 30 of 130 jobs, and its --paginate glues JSON texts together.
    what = f"the jobs of run {place.run}, attempt {attempt}"
    found: dict[int, JobAnswer] = {}
    for page in range(1, 1000):
        path = f"runs/{place.run}/attempts/{attempt}/jobs?per_page={PAGE}&page={page}"
        answer = understood(JobsAnswer, _body(gh, place, path, what), what)
        found |= {job.id: job for job in answer.jobs}
        if len(found) >= answer.total_count:
            break
        if not answer.jobs:
            raise ImproveError(
                f"GitHub listed {len(found)} of {answer.total_count} jobs of run {place.run}.",
                f"The list is incomplete, perhaps for a moment only: {RESUME}.",
            )
    return list(found.values())


def _body(gh: Gh, place: RunUrl, path: str, what: str) -> bytes:
    answer = get(gh, f"repos/{place.owner}/{place.repo}/actions/{path}")
    if answer.status == 200:
        return answer.body
    if answer.status in (404, 410):
        raise ImproveError(
            f"{place.host} shows no {what.removeprefix('the ')} in {place.owner}/{place.repo} (HTTP {answer.status}).",
            "Open the url in a browser. If it is there, your token may not see the repository: "
            "`gh auth status` shows who you are. Runs are deleted after 400 days at most.",
        )
    raise ImproveError(
        f"{place.host} answered {what} with HTTP {answer.status}: {answer.said}",
        f"See more with: gh api -i repos/{place.owner}/{place.repo}/actions/{path}",
    )


def _still_running(what: str, status: str | None) -> ImproveError:
    return ImproveError(
        f"{what} is not finished: {readable(str(status), 40)}.",
        f"When it is complete, {RESUME}; or give the url of the failed job, or of an earlier attempt.",
    )


def _nothing_failed(place: RunUrl, run: RunAnswer, jobs: list[JobAnswer]) -> ImproveError:
    which = f"Job {place.job}" if place.job else f"Run {place.run} (attempt {run.run_attempt})"
    ended = jobs[0].conclusion if place.job else run.conclusion
    if ended == "startup_failure":
        return ImproveError(
            f"{which} never started: its workflow file is not valid.",
            "Correct the workflow file; there is no log that tests could be found in.",
        )
    return ImproveError(
        f"{which} has no failed job: it ended as {readable(str(ended), 40)}.",
        "Give the url of a red run; add /attempts/NUMBER when an earlier attempt was the red one.",
    )


def facts(
    url: str, place: RunUrl, run: RunAnswer, jobs: list[JobAnswer], kept: list[JobAnswer]
) -> CiRun:
    """The record of an attempt with ``jobs``, of which those in ``kept`` are told."""
    home = f"{place.owner}/{place.repo}"
    head = run.head_repository.full_name if run.head_repository else None
    return CiRun(
        url=url,
        repository=home,
        id=run.id,
        attempt=run.run_attempt,
        workflow=readable(run.name or "", NAME),
        event=readable(run.event, NAME),
        conclusion=run.conclusion,
        commit=run.head_sha,
        branch=readable(run.head_branch, NAME) if run.head_branch else None,
        fork=readable(head, NAME) if head and head.lower() != home.lower() else None,
        total_jobs=len(jobs),
        jobs=tuple(_job_facts(job) for job in kept),
        workflow_file=_workflow_file(run.path),
        ended=_moment(run.updated_at),
    )


def _job_facts(job: JobAnswer) -> CiJob:
    return CiJob(
        id=job.id,
        name=readable(job.name, NAME),
        conclusion=job.conclusion or "",
        failed_steps=tuple(readable(name, NAME) for name in job.failed_steps),
        labels=tuple(readable(label, NAME) for label in job.labels),
        runner=readable(job.runner_name, NAME) if job.runner_name else None,
        os=_system(job.labels),
        started=_moment(job.started_at),
    )


def _system(labels: list[str]) -> str | None:
    """Hosted runners are asked for as ``ubuntu-24.04``, a team's own also as ``Linux``."""
    for label in labels:
        for start, system in SYSTEMS:
            if label.lower().startswith(start):
                return system
    return None


def _moment(text: str | None) -> str | None:
    return text if text and _MOMENT.fullmatch(text) else None


def _workflow_file(path: str | None) -> str | None:
    # A workflow that another repository lends comes as '.github/workflows/ci.yml@refs/heads/main'.
    found = _WORKFLOW.match(path or "")
    return found[0] if found else None
