"""What is needed before anything of the target is run: workbench, commit and environment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from improve import rundir
from improve.context import Context
from improve.errors import ImproveError
from improve.records import Evidence, ValidatedRequest
from improve.reproduction.work import Work
from improve.workbench.bench import workbench
from improve.workbench.environment import prepare
from improve.workbench.git import Git
from improve.workbench.store import using
from improve.workbench.users_repository import identity, reopen


@contextlib.contextmanager
def workshop(context: Context) -> Iterator[Work]:
    """The workbench, the commit of the failure and its environment, for as long as they are needed.

    Raises: ImproveError when the commit is not there or its environment cannot be made.
    """
    validated = rundir.need(context.run, ValidatedRequest)
    evidence = _evidence(context, validated)
    user = reopen(validated.repository)
    notes = list(validated.notes)
    commit = validated.head
    logged = evidence.environment.commit
    if validated.request.commit:
        commit = named_commit(user, validated.request.commit, evidence)
    elif logged and user.commit_of(logged):
        commit = user.commit_of(logged)
    elif logged:
        notes.append(
            f"The log is of commit {logged[:12]}, which this repository does not have; HEAD was used."
        )
    keep = context.keep_workbench
    with workbench(user.folder, context.bench_folder, identity(user), keep) as bench:
        context.progress("preparing the target's environment")
        environment = prepare(
            bench,
            commit,
            source=validated.repository,
            setup=validated.request.setup,
            logged=evidence.environment,
            cache=context.cache,
            python=str(context.options["python"]) if context.options.get("python") else None,
            seconds=max(60.0, context.budget.left()),
            progress=context.progress,
        )
        with using(environment):
            yield Work(context, validated, evidence, bench, user, commit, environment, notes)


def _evidence(context: Context, validated: ValidatedRequest) -> Evidence:
    """What ``fetch-logs`` left; a test without a log needs none."""
    request = validated.request
    if request.existing_test_path and not (request.raw_logs or request.url):
        return rundir.load(context.run, Evidence) or Evidence(source="existing-test")
    return rundir.need(context.run, Evidence)


def named_commit(user: Git, commit: str, evidence: Evidence) -> str:
    """Raises: ImproveError unless the clone has it and the failed run, if there is one, is of it."""
    ran = evidence.ci_run
    if ran is not None and ran.commit != commit:
        raise ImproveError(
            f"The request is about commit {commit[:12]}, the failed run is of {ran.commit[:12]}.",
            "Give the url of a run of that commit, or leave commit out.",
        )
    if user.commit_of(commit) != commit:
        raise ImproveError(
            f"The repository does not have commit {commit[:12]} of the request.",
            "Fetch it (git fetch origin), or start again: its branch may have been changed since.",
        )
    return commit
