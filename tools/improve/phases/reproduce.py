"""See the failure happen here, cut a minimal test out of it, and keep that on ``repro/<name>``.

Code first, no agent. Evidence wins over the request: what the runs show decides whether the
failure counts as deterministic, and a disagreement is written down.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from improve import rundir
from improve.checks.check import Check
from improve.context import Context
from improve.errors import ImproveError
from improve.records import Evidence, Reproduction, ValidatedRequest
from improve.reproduction.by_agent import by_agent
from improve.reproduction.by_command import by_command
from improve.reproduction.by_log import by_log
from improve.reproduction.by_speed import by_speed
from improve.reproduction.by_test import by_existing_test
from improve.reproduction.why import with_cause
from improve.reproduction.work import Work
from improve.workbench import sandbox
from improve.workbench.bench import workbench
from improve.workbench.environment import prepare
from improve.workbench.git import Git, identity, reopen


def run(context: Context) -> Reproduction:
    """The reproduction, or why there is none.

    Raises: ImproveError when the target's environment cannot be made.
    """
    began = time.monotonic()
    with _workshop(context) as work:
        found = _reproduce(work)
    notes = (*found.notes, *work.notes)
    told = {"seconds": round(time.monotonic() - began, 2), "notes": notes}
    return found.model_copy(update={**told, "sandbox": sandbox.level()})


@contextlib.contextmanager
def _workshop(context: Context) -> Iterator[Work]:
    validated = rundir.need(context.run, ValidatedRequest)
    evidence = rundir.need(context.run, Evidence)
    user = reopen(validated.repository)
    notes = list(validated.notes)
    commit = validated.head
    logged = evidence.environment.commit
    if validated.request.commit:
        commit = _named_commit(user, validated.request.commit, evidence)
    elif logged and user.commit_of(logged):
        commit = user.commit_of(logged)
    elif logged:
        notes.append(
            f"The log is of commit {logged[:12]}, which this repository does not have; HEAD was used."
        )
    with workbench(
        user.folder,
        context.bench_folder,
        identity(user),
        bool(context.options.get("keep-workbench")),
    ) as bench:
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
        yield Work(context, validated, evidence, bench, user, commit, environment, notes)


def _named_commit(user: Git, commit: str, evidence: Evidence) -> str:
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


def _reproduce(work: Work) -> Reproduction:
    request = work.validated.request
    tree = work.bench.tree("failing", work.commit)
    Check(work.environment).prepare(tree.path)
    if request.slower_than:
        return by_speed(work, tree, request.slower_than)
    if request.check:
        return by_command(work, tree, request.check)
    if request.existing_test_path:
        return with_cause(work, tree, by_existing_test(work, tree, request.existing_test_path))
    found = with_cause(work, tree, by_log(work, tree))
    unseen = found.outcome in ("not_reproduced", "no_failure_in_log")
    return by_agent(work, found) if unseen else found
