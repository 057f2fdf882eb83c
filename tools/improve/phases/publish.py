"""Put the fix alone on ``fix/<name>`` and leave a draft pull request.

The only phase that writes outside the run folder for good. The patch and a report are on disk
before it pushes anything.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from improve import rundir
from improve.checks.allowed import allowed
from improve.checks.conduct import conduct, texts
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
    Attempt,
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
from improve.workbench.git import Git
from improve.workbench.users_repository import identity, reopen

TRAILER = "Fixed-by: codebase-improvements"
UNVERIFIED_LABEL = "unverified"


@dataclass(frozen=True)
class _Proven:
    """A fix that may be published, and between what: the workbench's clone and the user's."""

    context: Context
    bench: Bench
    user: Git
    validated: ValidatedRequest
    reproduction: Reproduction
    fix: Fix
    kept: Attempt
    patch: bytes
    verdict: tuple[ProofOutcome, tuple[str, ...]]

    @property
    def branch(self) -> str:
        return f"fix/{self.validated.name}"


def run(context: Context) -> Publication:
    """What was published and where.

    Raises: ImproveError when a branch cannot be written; patch and report are complete then.
    """
    fix = rundir.need(context.run, Fix)
    if fix.outcome != "fixed" or not fix.patch:
        return Publication(outcome="nothing_to_publish", reason=fix.reason)
    validated = rundir.need(context.run, ValidatedRequest)
    reproduction = rundir.need(context.run, Reproduction)
    patch = _patch_of(context.run / fix.patch)
    verdict = allowed(fix, patch, context.run)
    _guard_again(context, patch, reproduction)
    write_report(context.run, context.toolkit)
    kept = next(attempt for attempt in fix.attempts if attempt.number == fix.kept)
    user = reopen(validated.repository)
    keep = context.keep_workbench
    with workbench(user.folder, context.bench_folder, identity(user), keep) as bench:
        return _publish(
            _Proven(context, bench, user, validated, reproduction, fix, kept, patch, verdict)
        )


def _publish(proven: _Proven) -> Publication:
    context, bench, fix, verdict = proven.context, proven.bench, proven.fix, proven.verdict
    context.progress(f"committing {proven.branch}")
    said = commit_text.title(proven.kept, proven.reproduction)
    message = f"{said}\n\n{commit_text.body(proven.kept, proven.reproduction)}{TRAILER}\n"
    commit = _commit(proven, message)
    title = commit_text.titled(said, verdict[0])
    people = developers(bench.git, fix.base_commit, proven.patch)
    write = functools.partial(
        pull_request, context.toolkit, title, proven.branch, proven.reproduction, fix, proven.kept,
        people, rundir.load(context.run, Evidence), verdict=verdict,
    )  # fmt: skip
    text = write()
    local.write_pull_request(context.run, text)  # complete on disk before anything is pushed
    _no_secrets(proven, message, text)
    hand_over(bench.folder, proven.user, proven.branch, commit, TRAILER)
    place = choose(
        proven.user, proven.validated.repository, known_hosts(proven.validated.request.url)
    )
    fetch, notes = _push_reproduction(proven, place)
    if fetch:
        text = write(fetch)
        local.write_pull_request(context.run, text)
    draft = Draft(
        proven.branch, fix.base or "", commit, title, text, TRAILER,
        (*context.texts("labels"), *(() if verdict[0] == "verified" else (UNVERIFIED_LABEL,))),
        context.texts("reviewers"),
    )  # fmt: skip
    made = deliver(context, bench.git, proven.user, place, draft)
    return Publication(
        outcome=made.outcome, reason=made.reason, forge=made.forge, branch=proven.branch, base=fix.base,
        commit=commit, pushed_to=made.pushed_to, pull_request=local.PULL_REQUEST, url=made.url,
        number=made.number, by_hand=made.by_hand, notes=(*notes, *made.notes), title=title,
        patch=fix.patch or "", developers=people,
    )  # fmt: skip


def _no_secrets(proven: _Proven, message: str, text: str) -> None:
    refuse_secrets(
        {"The fix": new_lines(proven.patch), "The commit's message": message.encode()},
        {
            "The pull request's text": text.encode(),
            "The reproduction": files_of(proven.context.run / KEPT),
        },
        os.environ,
    )


def _patch_of(place: Path) -> bytes:
    try:
        return place.read_bytes()
    except OSError as error:
        raise ImproveError(
            f"The patch of this fix cannot be read: {place}: {error.strerror or error}.",
            "Put it back, or have it made anew: ./run.sh --resume --from fix.",
        ) from error


def _guard_again(context: Context, patch: bytes, reproduction: Reproduction) -> None:
    # The patch travelled through a file since the guard saw it.
    frozen = {file.path for file in reproduction.frozen}
    roots = reproduction.environment.import_roots if reproduction.environment else ()
    for verdict in inspect(patch, frozen, context.texts("protected-paths"), roots):
        if verdict.refuses:
            raise _refusal(context, verdict)


def _refusal(context: Context, verdict: Verdict) -> ImproveError:
    return ImproveError(
        f"The patch in the run folder is REJECTED: {verdict.rule}: {verdict.reason}.",
        f"It was changed after the proof. Make it again: ./run.sh --resume {context.run.name} --from fix",
    )


def _commit(proven: _Proven, message: str) -> str:
    bench, base, reproduction = proven.bench, proven.fix.base_commit, proven.reproduction
    tree = bench.tree("publish", base)
    tree.apply(proven.patch)
    error = reproduction.observed.error_type if reproduction.observed else None
    changed = texts(tree, base, reproduction.frozen)
    again = conduct(changed, reproduction.frozen, proven.context.run, error)
    if again.refuses:
        raise _refusal(proven.context, again)
    commit = bench.commit_tree(tree.git.new_id("write-tree"), base, message)
    tree.git.set_ref("refs/heads/publish", commit)
    return commit


def _push_reproduction(
    proven: _Proven, place: Path | GitHubPlace | None
) -> tuple[str, tuple[str, ...]]:
    """Where the reproduction's branch can be fetched from ('' when nowhere), and notes."""
    context, bench, reproduction = proven.context, proven.bench, proven.reproduction
    commit = kept_commit(context.run, bench, proven.user, proven.validated, reproduction)
    if not commit or not isinstance(place, GitHubPlace):
        return "", ()
    pushed, notes = deliver_reproduction(
        context, bench.git, place, reproduction.branch, commit, REPRODUCED
    )
    fork = place.push_to if place.head_owner != place.owner else "origin"
    return fork if pushed else "", notes
