"""Fetch the logs and distil evidence out of them.

The raw log is kept in the run folder, readable by its owner only, byte for byte; everything that
leaves this phase was cleaned and redacted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from improve import rundir
from improve.context import Context
from improve.evidence import capped_lines, distil
from improve.evidence.complete import complete
from improve.evidence.matrix import matrix_of
from improve.prompts import count
from improve.records import (
    CiRun,
    Evidence,
    Failure,
    LogFile,
    LoggedEnvironment,
    ValidatedRequest,
)
from improve.workbench.logfile import copy_log, looks_like_path, open_log
from improve.workbench.users_repository import reopen


def run(context: Context) -> Evidence:
    """Evidence from the request's logs.

    Raises: RequestError when ``raw-logs`` names no readable file; for a ``url`` what
    ``forge.github.fetch_logs`` raises.
    """
    validated = rundir.need(context.run, ValidatedRequest)
    request = validated.request
    if request.raw_logs is not None:
        context.progress("reading the log")
        return _from_text_or_file(context, request.raw_logs, validated.request_path.parent)
    if request.url is not None:
        return _from_url(context, validated)
    return Evidence(source="existing-test" if request.existing_test_path else "check")


def _from_text_or_file(context: Context, given: str, beside: Path) -> Evidence:
    kept = context.run / "logs" / "raw.log"
    kept.parent.mkdir(exist_ok=True)
    if looks_like_path(given):
        with open_log(given, (beside, context.toolkit)) as source:
            copy_log(source, kept)
    else:
        rundir.write_whole(kept, given.encode("utf-8", "surrogatepass"), rundir.SECRET_MODE)
    return _distilled(context, "raw-logs", [kept])


def _from_url(context: Context, validated: ValidatedRequest) -> Evidence:
    from improve.forge import github, github_beside

    url = validated.request.url
    assert url is not None  # noqa: S101 - the caller has looked
    folder, left = context.run / "logs", context.budget.left
    fetched = github.fetch_logs(url, folder, left(), context.progress)
    run = _with_matrix(fetched.run, validated)
    made = _distilled(context, "url", [log.file for log in fetched.logs], fetched.jobs)
    beside = github_beside.fetch_beside(run, folder, left(), context.progress)
    made = complete(made, run.jobs, beside.junit, beside.annotations, fetched.whole)
    notes = [*fetched.notes, *beside.notes, *made.notes]
    logged = made.environment.commit
    if logged and logged != run.commit:
        # For a pull request CI tests a merge commit that lives nowhere but at the forge.
        notes.append(
            f"CI had checked out {logged[:12]}; {run.commit[:12]} is the branch's own commit."
        )
    told = {"commit": run.commit, "branch": run.branch}
    return made.model_copy(
        update={
            "environment": made.environment.model_copy(update=told),
            "ci_run": run,
            "notes": tuple(notes),
        }
    )


def _with_matrix(run: CiRun, validated: ValidatedRequest) -> CiRun:
    """The run with the matrix of each job; keys as the workflow file of that commit names them."""
    text = None
    git = reopen(validated.repository)
    if run.workflow_file and git.commit_of(run.commit):
        shown = git.run("show", f"{run.commit}:{run.workflow_file}", keep=1 << 20)
        text = shown.text if shown.ok else None
    jobs = (job.model_copy(update={"matrix": matrix_of(job.name, text)}) for job in run.jobs)
    return run.model_copy(update={"jobs": tuple(jobs)})


def _distilled(
    context: Context,
    source: Literal["url", "raw-logs"],
    files: Sequence[Path],
    jobs: Sequence[str | None] = (None,),
) -> Evidence:
    logs: list[LogFile] = []
    seen: dict[object, Failure] = {}
    notes: list[str] = []
    environment: LoggedEnvironment | None = None
    telling = False  # the environment is that of the first log with a failure in it
    for file, job in zip(files, jobs, strict=True):
        with file.open("rb") as stream:
            found = distil(capped_lines(stream))
        size = file.stat().st_size
        path = file.relative_to(context.run).as_posix()
        logs.append(LogFile(path=path, bytes=size, sha256=_sha256(file)))
        _add(seen, found.failures, job)
        notes += [f"{job}: {note}" if job and len(files) > 1 else note for note in found.notes]
        if environment is None or (found.failures and not telling):
            environment, telling = found.environment, bool(found.failures)
        context.progress(f"{count(len(seen), 'failure')} in {count(found.lines, 'line')}")
    return Evidence(
        source=source,
        logs=tuple(logs),
        failures=tuple(seen.values()),
        environment=environment or LoggedEnvironment(),
        notes=tuple(notes),
    )


def _add(seen: dict[object, Failure], failures: Sequence[Failure], job: str | None) -> None:
    """One failure that several jobs of a matrix tell is one failure, with all their names."""
    times: Counter[object] = Counter()  # within one log nothing is joined: `distil` has done it
    for one in failures:
        failure = one.model_copy(update={"job": job or one.job})
        key = (failure.node_id, failure.kind, failure.signature, failure.file, failure.line)
        times[key] += 1
        first = seen.get((key, times[key]))
        if first is not None and failure.job != first.job:
            both = ", ".join(name for name in (first.job, failure.job) if name)
            failure = first.model_copy(update={"job": both})
        seen[key, times[key]] = failure


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
