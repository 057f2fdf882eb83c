"""Climb the ladder until a fix is proven, then keep it; or say honestly how far it came."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

from improve import rundir
from improve.agents import registry
from improve.agents.meter import Caps
from improve.attempt import Ended, climb, patches_of
from improve.briefing import Material, answer_schema, brief, parts_for_fix
from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.context import Context
from improve.evidence.order_words import leak_in_words, leak_places
from improve.explaining import explain
from improve.prompts import count
from improve.proposing import Ladder, Turn
from improve.records import (
    Attempt,
    Evidence,
    Fix,
    Reproduction,
    RootCause,
    ValidatedRequest,
)
from improve.records.verdict import ProofOutcome
from improve.reproduction.by_speed import pace_of, slow_down
from improve.reproduction.by_stress import short_look
from improve.workbench.bench import Bench, workbench
from improve.workbench.store import using
from improve.workbench.users_repository import identity, reopen

PROMPT = "implementing-features/AI_PROMPT.md"
ENDED = {
    "time": ", then time ran out",
    "money": ", then the limit of what may be spent was reached",
    "attempts": ", the most that limits.attempts allows",
}
SHORT_SECONDS = 30.0  # what is left is not worth a rung: time ended the work, not the ladder


def run(context: Context) -> Fix:
    """The outcome of all attempts, with the fix itself as a patch file in the run folder."""
    began = time.monotonic()
    validated = rundir.need(context.run, ValidatedRequest)
    reproduction = rundir.need(context.run, Reproduction)
    if not reproduction.provable or _leaks_in_tests(reproduction):
        return _explained(context, validated, reproduction)
    assert reproduction.environment and reproduction.observed  # noqa: S101 - provable means seen
    user = reopen(validated.repository)
    made = workbench(user.folder, context.bench_folder, identity(user), context.keep_workbench)
    with using(reproduction.environment), made as bench:
        ground = Ground(
            bench=bench,
            run=context.run,
            check=Check(
                reproduction.environment,
                reproduction.node_ids,
                (validated.request.check or "") if reproduction.kind == "command" else "",
                validated.toolkit_prefix,
                short_look(reproduction.rate) if reproduction.rate else None,
                ordered=_in_company(reproduction),
            ),
            order=reproduction.order if _in_company(reproduction) else None,
            confidence=validated.request.limits.confidence,
            base_commit=reproduction.base_commit,
            frozen=reproduction.frozen,
            observed=reproduction.observed,
            originals=reproduction.original_node_ids,
            suite_seconds=context.minutes("suite-minutes"),
            left=context.budget.left,
            progress=context.progress,
        )
        if reproduction.speed:
            ground.check = _paced(ground, reproduction)
        attempts, ended = climb(ground, _ladder(context, validated, reproduction, bench))
    if ended != "kept" and context.budget.left() < SHORT_SECONDS:
        ended = "time"
    return _outcome(context, reproduction, attempts, ended, time.monotonic() - began)


def _paced(ground: Ground, reproduction: Reproduction) -> Check:
    """The check of a slow-down: it passes where it is fast again."""
    assert reproduction.speed and reproduction.environment  # noqa: S101 - asked for slow-downs
    pace = pace_of(
        ground.bench, reproduction.environment, reproduction.speed, ground.base_commit, ground.run,
        ground.frozen, ground.confidence,
    )  # fmt: skip
    return dataclasses.replace(ground.check, pace=pace)


def _ladder(
    context: Context, validated: ValidatedRequest, reproduction: Reproduction, bench: Bench
) -> Ladder:
    options = {**context.options, "request-folder": str(validated.request_path.parent)}
    evidence = rundir.load(context.run, Evidence)

    def prompt(turn: Turn) -> str:
        material = Material(turn.tree, bench.git, reproduction.base_commit, evidence)
        history = turn.plan.history
        parts = parts_for_fix(material, reproduction, history, patches_of(context.run, history))
        values = {
            "number": turn.plan.number,
            "request": validated.request,
            "reproduction": reproduction,
            "minutes": round(turn.seconds / 60, 1),
            "strategy": turn.plan.strategy,
            "stuck": turn.plan.stuck,
        }
        return brief(context, PROMPT, parts, values)

    return Ladder(
        rungs=validated.agents,
        agent=registry.agent,
        paid=registry.PAID,
        max_attempts=validated.request.limits.attempts,
        caps=Caps(validated.request.limits.usd, validated.request.limits.tokens),
        options=options,
        protected=context.texts("protected-paths"),
        render_prompt=prompt,
        answer_schema=answer_schema(context, PROMPT),
        slow_down=slow_down(bench, reproduction) if reproduction.speed else None,
    )


def _explained(context: Context, validated: ValidatedRequest, reproduction: Reproduction) -> Fix:
    reason = _not_attempted(reproduction)
    if reproduction.speed:
        return Fix(outcome="not_attempted", reason="nothing is slower beyond the machine's noise")
    order = reproduction.order
    if order is not None and order.shared is not None and _leaks_in_tests(reproduction):
        cause = RootCause(summary=leak_in_words(order), locations=leak_places(order))
        return Fix(outcome="not_attempted", reason=reason, root_cause=cause)
    if reproduction.outcome != "intermittent":
        return Fix(outcome="not_attempted", reason=reason)
    user = reopen(validated.repository)
    with workbench(user.folder, context.bench_folder, identity(user)) as bench:
        cause, asked = explain(context, validated, reproduction, bench)
    return Fix(outcome="not_attempted", reason=reason, attempts=asked, root_cause=cause)


def _in_company(reproduction: Reproduction) -> bool:
    return reproduction.order is not None and reproduction.order.role == "victim"


def _leaks_in_tests(reproduction: Reproduction) -> bool:
    """No change of the product can take back what a test leaves behind, and tests stay as they are."""
    order = reproduction.order
    return order is not None and order.role == "victim" and order.leak == "tests"


def _not_attempted(reproduction: Reproduction) -> str:
    if _leaks_in_tests(reproduction):
        return (
            "the state leaks from the tests' own code, which a fix may not touch: it is handed on "
            "with the line and a suggestion"
        )
    return {
        "intermittent": "the failure is intermittent, and could not be had often enough to prove a fix",
        "not_reproduced": "the failure did not show itself here, so no fix could be proven",
        "no_failure_in_log": "the log holds no test failure that could be run",
        "could_not_run": "the target's tests could not be run here",
    }.get(reproduction.outcome, reproduction.outcome)


def _outcome(
    context: Context,
    reproduction: Reproduction,
    attempts: Sequence[Attempt],
    ended: Ended,
    seconds: float,
) -> Fix:
    kept = next((attempt for attempt in attempts if attempt.outcome == "kept"), None)
    patch = None
    if kept and kept.patch:
        patch = "fix.patch"
        rundir.write_whole(context.run / patch, (context.run / kept.patch).read_bytes())
    tried = len([attempt for attempt in attempts if attempt.outcome != "skipped"])
    if kept is None:
        reason = f"{count(tried, 'attempt')}, none proven{ENDED.get(ended, '')}"
    else:
        proven = kept.reason == "proven"
        reason = "proven" if proven else f"kept, with a part of the proof missing: {kept.reason}"
    spent = ended in ("time", "money")
    outcome = "fixed" if kept else "out_of_budget" if spent else "not_fixed"
    return Fix(
        outcome=outcome,
        reason=reason,
        attempts=tuple(attempts),
        verdict=_verdict(kept, attempts),
        kept=kept.number if kept else None,
        patch=patch,
        best_patch=None if kept else _best(attempts),
        base=reproduction.base,
        base_commit=reproduction.base_commit,
        root_cause=_root_cause(kept, attempts),
        seconds=round(seconds, 2),
    )


def _verdict(kept: Attempt | None, attempts: Sequence[Attempt]) -> ProofOutcome | None:
    if kept is not None:
        return kept.proof.outcome if kept.proof else None
    judged = ("refused", "not_fixed", "made_worse", "proof_failed")
    return "rejected" if any(attempt.outcome in judged for attempt in attempts) else None


def _best(attempts: Sequence[Attempt]) -> str | None:
    # A diff that the guard refused is never the best of anything.
    for outcome in ("proof_failed", "not_fixed", "made_worse"):
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
    if kept.root_cause:  # the agent's own closing answer
        return kept.root_cause
    said = kept.explanation or f"The fix changes {', '.join(kept.files)}."
    return RootCause(summary=f"{said} {kept.doubt}".strip(), locations=tuple(located[:5]))
