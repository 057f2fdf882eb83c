"""Ask a model why a test fails only now and then. Its answer is an opinion, and told as one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from improve import rundir
from improve.agents import registry
from improve.agents.meter import Caps, Meter
from improve.agents.obtain import facts, untrusted
from improve.agents.protocol import AgentFault, Answering, Outcome, Question
from improve.briefing import Material, answer_schema, brief, parts_for_reproduction
from improve.context import Context
from improve.errors import ImproveError, OutOfBudget
from improve.records import Attempt, Evidence, Reproduction, RootCause, ValidatedRequest
from improve.redaction import redact_values
from improve.workbench.bench import Bench

PROMPT = "analyze-nd-failures/analysis_prompt.md"
MOST_SECONDS = 180.0


def explain(
    context: Context, validated: ValidatedRequest, found: Reproduction, bench: Bench
) -> tuple[RootCause, tuple[Attempt, ...]]:
    """What the first agent of the ladder that answers takes for the cause, and who was asked."""
    asked: list[Attempt] = []
    for rung in dict.fromkeys(validated.agents):
        if rung not in registry.ANSWERS or context.budget.left() < MOST_SECONDS / 3:
            continue
        attempt, cause = _ask(context, validated, found, bench, rung, len(asked) + 1)
        asked.append(attempt)
        if cause is not None:
            return cause, tuple(asked)
    return RootCause(), tuple(asked)


def _ask(
    context: Context,
    validated: ValidatedRequest,
    found: Reproduction,
    bench: Bench,
    rung: str,
    number: int,
) -> tuple[Attempt, RootCause | None]:
    began = time.monotonic()
    agent = cast(Answering, registry.agent(rung))
    limits = validated.request.limits
    meter = Meter(context.run, f"question to {rung}", rung, Caps(limits.usd, limits.tokens))
    reason = agent.unavailable(context.options)
    if reason:
        return Attempt(number=number, agent=rung, outcome="skipped", reason=reason), None
    context.progress(f"{rung} is asked why it fails only now and then")
    fault, cause = "", None
    try:
        place = context.run / "questions" / rung / "answer.json"
        question = partial(_question, context, validated, found, bench, rung, meter)
        cause = _cause(_answer(agent, place, meter, question))
        reason = "an opinion, not shown by any run"
    except OutOfBudget as error:
        reason, fault = error.what, "limit"
    except AgentFault as error:
        reason, fault = error.what, error.kind
    except ImproveError as error:
        reason, fault = error.what.split("\n")[0], "broken"
    attempt = Attempt(
        number=number,
        agent=rung,
        outcome="no_change" if cause else "agent_failed",
        reason=untrusted(reason),
        **facts(began, meter, Outcome(changed=False, fault=fault)),
        root_cause=cause,
    )
    return attempt, cause


def _answer(
    agent: Answering, place: Path, meter: Meter, question: Callable[[], Question]
) -> dict[str, object]:
    """From disk when an earlier session was answered: nobody is asked, or paid, twice.

    Raises: AgentFault, OutOfBudget.
    """
    answer = _answered(place)
    if answer is None:
        if meter.spent():
            raise AgentFault("broken", "the run was interrupted while it was asked")
        meter.check()
        answer = redact_values(agent.ask(question()).value)
        rundir.write_whole(place, json.dumps(answer, indent=2).encode())
    return answer


def _answered(place: Path) -> dict[str, object] | None:
    try:
        found = json.loads(place.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _question(
    context: Context,
    validated: ValidatedRequest,
    found: Reproduction,
    bench: Bench,
    rung: str,
    meter: Meter,
) -> Question:
    tree = bench.tree("question", found.commit)
    material = Material(tree.path, bench.git, found.commit, rundir.load(context.run, Evidence))
    end = time.monotonic() + min(MOST_SECONDS, context.budget.left())
    scratch: Path = context.run / "questions" / rung
    scratch.mkdir(parents=True, exist_ok=True)
    values: dict[str, object] = {
        "request": validated.request,
        "minutes": round((end - time.monotonic()) / 60, 1),
    }
    text = brief(context, PROMPT, parts_for_reproduction(material, found), values)
    rundir.write_whole(scratch / "prompt.md", text.encode("utf-8", "replace"))
    return Question(
        prompt=scratch / "prompt.md",
        schema=answer_schema(context, PROMPT),
        scratch=scratch,
        seconds_left=lambda: max(0.0, end - time.monotonic()),
        meter=meter,
        progress=context.progress,
        tree=tree.path,
        options=context.options,
    )


def _cause(answer: dict[str, object]) -> RootCause:
    """The answer (analyze-nd-failures/answer.schema.json) in words."""
    kind = str(answer["cause"]).replace("_", " ")
    told = (
        f"Likely cause: {kind} (confidence {answer['confidence']}, an opinion of the model). "
        f"{answer['summary']} To settle it: {answer['experiment']}"
    )
    place = f"{answer['file'] or ''}:{answer['line'] or ''}".strip(":")
    return RootCause(summary=untrusted(told), locations=(untrusted(place),) if place else ())
