"""Runs, attempts, jobs and their logs, as the loopback GitHub tells of them."""

from __future__ import annotations

from typing import Any

from tests.support.github_answers import Answer, Asked, Room, elsewhere, not_found, page, user
from tests.support.github_answers import refused as refuse
from tests.support.github_published import example
from tests.support.github_state import BLOB_HOST, GitHub, Job, Run


def _run(github: GitHub, asked: Asked) -> Answer:
    run = github.runs.get(asked.number("run_id"))
    last = len(run.attempts) if run else 0
    attempt = asked.number("attempt_number") if "attempt_number" in asked.at else last
    if run is None or not 0 < attempt <= last:
        return not_found()
    return Answer(200, describe_run(github, run, attempt))


def describe_run(github: GitHub, run: Run, attempt: int) -> dict[str, Any]:
    """A run as GitHub tells of it."""
    made: dict[str, Any] = example(
        "actions/get-workflow-run", 200, github.repository,
        (30433642, run.id), (159038, run.workflow_id),
    )  # fmt: skip
    made |= {
        "name": run.workflow, "run_number": run.number, "run_attempt": attempt,
        "path": f".github/workflows/{run.file}", "event": run.event,
        "status": "completed" if run.conclusion else "in_progress", "conclusion": run.conclusion,
        "head_branch": run.branch, "head_sha": run.sha, "actor": user(run.actor),
        "triggering_actor": user(run.actor), "previous_attempt_url": None,
        "created_at": run.created, "run_started_at": run.moment(attempt, 0),
        "updated_at": run.moment(attempt, 30 if run.conclusion else 5),
    }  # fmt: skip
    made["head_commit"]["id"] = run.sha
    for end, name in (("repository", github.repository), ("head_repository", run.head_repository)):
        made[end] |= names(name or github.repository)
    return made


def names(repository: str) -> dict[str, Any]:
    """The fields by which a repository is told apart."""
    owner, name = repository.split("/")
    return {
        "name": name, "full_name": repository, "owner": user(owner),
        "html_url": f"https://github.com/{repository}",
    }  # fmt: skip


def _listed_runs(github: GitHub, asked: Asked) -> Answer:
    wanted = asked.at.get("workflow_id", "")
    found = [
        run for run in reversed(github.runs.values())
        if wanted in ("", str(run.workflow_id), run.file)
        and asked.query.get("branch", run.branch) == run.branch
        and asked.query.get("event", run.event) == run.event
        and asked.query.get("head_sha", run.sha) == run.sha
        and asked.query.get("actor", run.actor) == run.actor
        and asked.query.get("status", "completed") in _states(run)
    ]  # fmt: skip
    if wanted and not any(wanted in (str(r.workflow_id), r.file) for r in github.runs.values()):
        return not_found()
    shown, more = page(asked, [describe_run(github, run, len(run.attempts)) for run in found])
    return Answer(200, {"total_count": len(found), "workflow_runs": shown}, more)


def _states(run: Run) -> tuple[str, ...]:
    return ("completed", run.conclusion) if run.conclusion else ("in_progress", "completed")


def _jobs(github: GitHub, asked: Asked) -> Answer:
    run = github.runs.get(asked.number("run_id"))
    attempt = asked.number("attempt_number") if "attempt_number" in asked.at else 0
    attempt = attempt or len(run.attempts if run else [])
    if run is None or not 0 < attempt <= len(run.attempts):
        return not_found()
    jobs = run.attempts[attempt - 1]
    shown, more = page(asked, jobs)
    told = [describe_job(github, run, attempt, job) for job in shown]
    return Answer(200, {"total_count": len(jobs) + github.hidden_jobs, "jobs": told}, more)


def _job(github: GitHub, asked: Asked) -> Answer:
    found = github.job(asked.number("job_id"))
    return Answer(200, describe_job(github, *found)) if found else not_found()


def describe_job(github: GitHub, run: Run, attempt: int, job: Job) -> dict[str, Any]:
    """A job as GitHub tells of it."""
    made: dict[str, Any] = example(
        "actions/get-job-for-workflow-run", 200, github.repository,
        (399444496, job.id), (29679449, run.id),
    )  # fmt: skip
    ended = run.moment(attempt, 20) if job.conclusion else None
    times = {"started_at": run.moment(attempt, 1), "completed_at": ended}
    made |= {
        "name": job.name, "run_attempt": attempt, "conclusion": job.conclusion,
        "status": "completed" if job.conclusion else "in_progress", "created_at": run.moment(attempt, 0),
        "head_sha": run.sha, "head_branch": run.branch, "workflow_name": run.workflow,
        "labels": list(job.labels), "runner_name": "GitHub Actions 1", **times,
        "html_url": f"https://github.com/{github.repository}/actions/runs/{run.id}/job/{job.id}",
        "steps": [
            {"name": name, "conclusion": conclusion, "status": "completed", "number": number, **times}
            for number, (name, conclusion) in enumerate(job.steps, 1)
        ],
    }  # fmt: skip
    return made


def _logs(github: GitHub, asked: Asked) -> Answer:
    found = github.job(asked.number("job_id"))
    if found is None or found[2].log is None:
        return not_found()
    if found[2].expired:
        return refuse(
            410, "Server Error"
        )  # as in https://github.com/rust-lang/triagebot/issues/2241
    return elsewhere(f"https://{BLOB_HOST}/blob/{found[2].id}?sig=secret")


ROOM: Room = {
    "actions/get-workflow-run": _run,
    "actions/get-workflow-run-attempt": _run,
    "actions/list-workflow-runs": _listed_runs,
    "actions/list-workflow-runs-for-repo": _listed_runs,
    "actions/list-jobs-for-workflow-run": _jobs,
    "actions/list-jobs-for-workflow-run-attempt": _jobs,
    "actions/get-job-for-workflow-run": _job,
    "actions/download-job-logs-for-workflow-run": _logs,
}
