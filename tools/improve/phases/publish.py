"""Put the fix alone on ``fix/<name>`` and leave a draft pull request.

The only phase that writes outside the run folder for good. The patch and a report are on disk
before it pushes anything.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from improve import rundir
from improve.checks.allowed import allowed
from improve.checks.conduct import conduct
from improve.context import Context
from improve.errors import ImproveError
from improve.forge import commit_text, local
from improve.forge.choose import GitHubPlace, choose, known_hosts
from improve.forge.deliver import deliver, deliver_reproduction
from improve.forge.developers import developers
from improve.forge.draft import Draft
from improve.forge.leak import files_of, refuse_secrets
from improve.forge.pull_request_file import pull_request
from improve.guard import inspect
from improve.records import (
    Evidence,
    Fix,
    Publication,
    Reproduction,
    ValidatedRequest,
    Verdict,
)
from improve.records.verdict import ProofOutcome
from improve.redaction import new_lines
from improve.report.write import write_report
from improve.reproduction.kept_branch import FOLDER as KEPT
from improve.reproduction.kept_branch import kept_commit
from improve.reproduction.lay_down import TRAILER as REPRODUCED
from improve.reproduction.lay_down import hand_over
from improve.workbench.bench import Bench, workbench
from improve.workbench.git import Git, identity, reopen

TRAILER = "Fixed-by: codebase-improvements"
UNVERIFIED_LABEL = "unverified"


def run(context: Context) -> Publication:
    """What was published and where.

    Raises: ImproveError when a branch cannot be written; patch and report are complete then.
    """
    fix = rundir.need(context.run, Fix)
    if fix.outcome != "fixed" or not fix.patch:
        return Publication(outcome="nothing_to_publish", reason=fix.reason)
    validated = rundir.need(context.run, ValidatedRequest)
    reproduction = rundir.need(context.run, Reproduction)
    patch = (context.run / fix.patch).read_bytes()
    verdict = allowed(fix, patch, context.run)
    _guard_again(context, patch, reproduction)
    write_report(context.run, context.toolkit)
    user = reopen(validated.repository)
    with workbench(
        user.folder,
        context.bench_folder,
        identity(user),
        bool(context.options.get("keep-workbench")),
    ) as bench:
        return _publish(context, bench, user, validated, reproduction, fix, patch, verdict)


def _publish(
    context: Context,
    bench: Bench,
    user: Git,
    validated: ValidatedRequest,
    reproduction: Reproduction,
    fix: Fix,
    patch: bytes,
    verdict: tuple[ProofOutcome, tuple[str, ...]],
) -> Publication:
    kept = next(attempt for attempt in fix.attempts if attempt.number == fix.kept)
    title = commit_text.title(kept, reproduction)
    branch = f"fix/{validated.name}"
    context.progress(f"committing {branch}")
    message = f"{title}\n\n{commit_text.body(kept, reproduction)}{TRAILER}\n"
    commit = _commit(context, bench, fix, patch, message, reproduction)
    title = commit_text.titled(title, verdict[0])
    people = developers(bench.git, fix.base_commit, patch)
    evidence = rundir.load(context.run, Evidence)
    place = choose(user, validated.repository, known_hosts(validated.request.url))
    write = functools.partial(
        pull_request, context.toolkit, title, branch, reproduction, fix, kept, people, evidence,
        verdict=verdict,
    )  # fmt: skip
    text = write()
    local.write_pull_request(context.run, text)  # complete on disk before anything is pushed
    refuse_secrets(
        {"The fix": new_lines(patch), "The commit's message": message.encode()},
        {
            "The pull request's text": text.encode(),
            "The reproduction": files_of(context.run / KEPT),
        },
        os.environ,
    )
    hand_over(bench.folder, user, branch, commit, TRAILER)
    fetch, notes = _push_reproduction(context, bench, user, place, validated, reproduction)
    if fetch:
        text = write(fetch)
        local.write_pull_request(context.run, text)
    draft = Draft(
        branch, fix.base or "", commit, title, text, TRAILER,
        (*context.texts("labels"), *(() if verdict[0] == "verified" else (UNVERIFIED_LABEL,))),
        context.texts("reviewers"),
    )  # fmt: skip
    made = deliver(context, bench.git, user, place, draft)
    return Publication(
        outcome=made.outcome, reason=made.reason, forge=made.forge, branch=branch, base=fix.base,
        commit=commit, pushed_to=made.pushed_to, pull_request=local.PULL_REQUEST, url=made.url,
        number=made.number, by_hand=made.by_hand, notes=(*notes, *made.notes), title=title,
        patch=fix.patch or "", developers=people,
    )  # fmt: skip


def _guard_again(context: Context, patch: bytes, reproduction: Reproduction) -> None:
    # The patch travelled through a file since the guard saw it.
    frozen = {file.path for file in reproduction.frozen}
    for verdict in inspect(patch, frozen, context.texts("protected-paths")):
        if verdict.refuses:
            raise _refusal(context, verdict)


def _refusal(context: Context, verdict: Verdict) -> ImproveError:
    return ImproveError(
        f"The patch in the run folder is REJECTED: {verdict.rule}: {verdict.reason}.",
        f"It was changed after the proof. Make it again: ./run.sh --resume {context.run.name} --from fix",
    )


def _commit(
    context: Context,
    bench: Bench,
    fix: Fix,
    patch: bytes,
    message: str,
    reproduction: Reproduction,
) -> str:
    tree = bench.tree("publish", fix.base_commit)
    tree.apply(patch)
    error = reproduction.observed.error_type if reproduction.observed else None
    again = conduct(tree, fix.base_commit, reproduction.frozen, context.run, error)
    if again.refuses:
        raise _refusal(context, again)
    commit = bench.commit_tree(tree.git.new_id("write-tree"), fix.base_commit, message)
    tree.git.set_ref("refs/heads/publish", commit)
    return commit


def _push_reproduction(
    context: Context,
    bench: Bench,
    user: Git,
    place: Path | GitHubPlace | None,
    validated: ValidatedRequest,
    reproduction: Reproduction,
) -> tuple[str, tuple[str, ...]]:
    """Where the reproduction's branch can be fetched from ('' when nowhere), and notes."""
    commit = kept_commit(context.run, bench, user, validated, reproduction)
    if not commit or not isinstance(place, GitHubPlace):
        return "", ()
    pushed, notes = deliver_reproduction(
        context, bench.git, place, reproduction.branch, commit, REPRODUCED
    )
    fork = place.push_to if place.head_owner != place.owner else "origin"
    return fork if pushed else "", notes
