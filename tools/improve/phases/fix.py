"""Climb the ladder until a fix is proven, then keep it; or say honestly how far it came."""

from __future__ import annotations

import time
from collections.abc import Sequence

from improve import rundir
from improve.agents import registry
from improve.attempt import Ladder, climb
from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.context import Context
from improve.prompts import count, render
from improve.records import Attempt, Fix, Reproduction, RootCause, ValidatedRequest
from improve.workbench.bench import workbench
from improve.workbench.git import identity, reopen

PROMPT = "implementing-features/AI_PROMPT.md"
SHORT_SECONDS = 30.0  # what is left is not worth a rung: time ended the work, not the ladder


def run(context: Context) -> Fix:
    """The outcome of all attempts, with the fix itself as a patch file in the run folder."""
    began = time.monotonic()
    validated = rundir.need(context.run, ValidatedRequest)
    reproduction = rundir.need(context.run, Reproduction)
    if reproduction.outcome != "reproduced":
        return Fix(outcome="not_attempted", reason=_not_attempted(reproduction))
    assert reproduction.environment and reproduction.observed  # noqa: S101 - reproduced means seen
    user = reopen(validated.repository)
    with workbench(
        user.folder,
        context.bench_folder,
        identity(user),
        bool(context.options.get("keep-workbench")),
    ) as bench:
        ground = Ground(
            bench=bench,
            run=context.run,
            check=Check(
                reproduction.environment,
                reproduction.node_ids,
                (validated.request.check or "") if reproduction.kind == "command" else "",
                validated.toolkit_prefix,
            ),
            base_commit=reproduction.base_commit,
            frozen=reproduction.frozen,
            observed=reproduction.observed,
            originals=reproduction.original_node_ids,
            suite_seconds=context.minutes("suite-minutes"),
            left=context.budget.left,
            progress=context.progress,
        )
        attempts = climb(ground, _ladder(context, validated, reproduction))
    rungs = min(len(validated.agents), validated.request.limits.attempts)
    short = len(attempts) < rungs or context.budget.left() < SHORT_SECONDS
    return _outcome(context, reproduction, attempts, short, time.monotonic() - began)


def _ladder(context: Context, validated: ValidatedRequest, reproduction: Reproduction) -> Ladder:
    options = {**context.options, "request-folder": str(validated.request_path.parent)}

    def prompt(number: int, history: Sequence[Attempt]) -> str:
        return render(
            context.toolkit / PROMPT,
            {
                "number": number,
                "request": validated.request,
                "reproduction": reproduction,
                "history": history,
                "minutes": round(context.budget.left() / 60, 1),
            },
        )

    return Ladder(
        rungs=validated.agents,
        agent=registry.agent,
        max_attempts=validated.request.limits.attempts,
        max_usd=validated.request.limits.usd,
        options=options,
        protected=context.texts("protected-paths"),
        render_prompt=prompt,
    )


def _not_attempted(reproduction: Reproduction) -> str:
    return {
        "intermittent": "the failure is intermittent; five passes would prove nothing about a fix",
        "not_reproduced": "the failure did not show itself here, so no fix could be proven",
        "no_failure_in_log": "the log holds no test failure that could be run",
        "could_not_run": "the target's tests could not be run here",
    }.get(reproduction.outcome, reproduction.outcome)


def _outcome(
    context: Context,
    reproduction: Reproduction,
    attempts: Sequence[Attempt],
    short: bool,
    seconds: float,
) -> Fix:
    kept = next((attempt for attempt in attempts if attempt.outcome == "kept"), None)
    patch = None
    if kept and kept.patch:
        patch = "fix.patch"
        rundir.write_whole(context.run / patch, (context.run / kept.patch).read_bytes())
    tried = len([attempt for attempt in attempts if attempt.outcome != "skipped"])
    if kept is None:
        reason = f"{count(tried, 'attempt')}, none proven" + (
            ", then time ran out" if short else ""
        )
    else:
        proven = kept.reason == "proven"
        reason = "proven" if proven else f"kept, with a part of the proof missing: {kept.reason}"
    outcome = "fixed" if kept else "out_of_budget" if short else "not_fixed"
    return Fix(
        outcome=outcome,
        reason=reason,
        attempts=tuple(attempts),
        kept=kept.number if kept else None,
        patch=patch,
        best_patch=None if kept else _best(attempts),
        base=reproduction.base,
        base_commit=reproduction.base_commit,
        root_cause=_root_cause(kept, attempts),
        seconds=round(seconds, 2),
    )


def _best(attempts: Sequence[Attempt]) -> str | None:
    order = ("proof_failed", "not_fixed")  # a refused diff is never the best of anything
    for outcome in order:
        for attempt in attempts:
            if attempt.outcome == outcome and attempt.patch:
                return attempt.patch
    return None


def _root_cause(kept: Attempt | None, attempts: Sequence[Attempt]) -> RootCause:
    located = next(
        (a.suspicious for a in ([kept] if kept else []) + list(attempts) if a and a.suspicious), ()
    )
    if kept is None:
        return RootCause(summary="", locations=tuple(located[:5]))
    said = kept.explanation or f"The fix changes {', '.join(kept.files)}."
    return RootCause(summary=f"{said} {kept.doubt}".strip(), locations=tuple(located[:5]))
