"""Where code alone did not see the failure, ask the ladder's agents for a test that shows it.

The agent writes one file; everything else is code again: that nothing else changed, that the test
does not fail by itself, that it fails three times of three in a clean tree, with CI's signature.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from improve import rundir
from improve.agents import registry
from improve.agents.meter import Caps, Meter
from improve.agents.obtain import PATCH, facts, obtain, untrusted
from improve.agents.protocol import Task
from improve.briefing import Material, answer_schema, brief, parts_for_reproduction
from improve.cut import count_lines
from improve.errors import ImproveError
from improve.records import Attempt, Failure, Reproduction
from improve.reproduction.keep_test import keep_test
from improve.reproduction.make import CONFIRMING_RUNS, Made
from improve.reproduction.observe import Observation, summarise
from improve.reproduction.work import Work, layout_of
from improve.reproduction.written import objections
from improve.workbench import beneath
from improve.workbench.bench import Tree
from improve.workbench.environ import test_environ

ALWAYS = "reproduce-deterministic-failures/AI_PROMPT.md"
SOMETIMES = "reproduce-ND-failures/AI_PROMPT.md"
LEAST_SECONDS = 45.0  # an agent with less than this would only be paid for nothing


def by_agent(work: Work, found: Reproduction) -> Reproduction:
    """``found``, or the reproduction that an agent wrote; what was tried is in ``attempts``."""
    tried: list[Attempt] = []
    for rung in dict.fromkeys(work.validated.agents):
        if rung in registry.WRITES_TESTS and work.left() > LEAST_SECONDS:
            attempt, made = _attempt(work, found, rung, len(tried) + 1)
            tried.append(attempt)
            if made is not None:
                return made.model_copy(update={"attempts": tuple(tried)})
    return found.model_copy(update={"attempts": tuple(tried)})


def _attempt(
    work: Work, found: Reproduction, rung: str, number: int
) -> tuple[Attempt, Reproduction | None]:
    began = time.monotonic()
    agent, options = registry.agent(rung), work.context.options
    options = {**options, "request-folder": str(work.validated.request_path.parent)}
    meter = _meter(work, rung)
    reason = agent.unavailable(options) or (meter.exhausted() if rung in registry.PAID else "")
    if reason:
        return Attempt(number=number, agent=rung, outcome="skipped", reason=reason), None
    work.context.progress(f"{rung} is asked for a test that shows the failure")
    scratch = work.context.run / "reproduction-attempts" / rung
    said, patch = obtain(
        agent, scratch, meter, lambda: _begin(work, found, rung, scratch, meter, options)
    )
    reason, made = _judge(work, found, patch, said.gave_up)
    attempt = Attempt(
        number=number,
        agent=rung,
        outcome="kept" if made else "refused" if patch.strip() else "no_change",
        reason=untrusted(reason),
        explanation=untrusted(str((said.answer or {}).get("how") or said.explanation))[:2000],
        doubt=untrusted(str((said.answer or {}).get("missing", "")))[:1000],
        patch=f"{scratch.relative_to(work.context.run).as_posix()}/{PATCH}" if patch else None,
        **facts(began, meter, said),
    )
    return attempt, made


def _meter(work: Work, rung: str) -> Meter:
    limits = work.validated.request.limits
    return Meter(work.context.run, f"reproduction by {rung}", rung, Caps(limits.usd, limits.tokens))


def _begin(
    work: Work,
    found: Reproduction,
    rung: str,
    scratch: Path,
    meter: Meter,
    options: dict[str, object],
) -> tuple[Task, Callable[[], bytes]]:
    test = layout_of(work).test
    tree = work.bench.tree(f"written-by-{rung}", work.commit)
    (tree.path / test).parent.mkdir(parents=True, exist_ok=True)
    check = work.check((test,))
    check.prepare(tree.path)
    start = tree.write_tree()
    deadline = time.monotonic() + max(1.0, work.left() - LEAST_SECONDS / 2)
    template = ALWAYS if work.validated.request.deterministic else SOMETIMES
    prompt = scratch / "prompt.md"
    task = Task(
        number=1,
        tree=tree.path,
        prompt=prompt,
        scratch=scratch,
        failure=found.expected or Failure(),
        node_ids=(test,),
        frozen=(),
        history=(),
        environment=work.environment,
        seconds_left=lambda: max(0.0, deadline - time.monotonic()),
        run_check=lambda: check.run(tree.path, work.seconds()),
        run_related=lambda targets: check.some(tree.path, targets, work.seconds()),
        regressions=tuple,
        test_environ=lambda: test_environ(tree.path, work.environment, scratch),
        progress=work.context.progress,
        purpose="reproduce",
        meter=meter,
        keep=lambda: rundir.write_whole(scratch / PATCH, tree.diff(start)),
        answer_schema=answer_schema(work.context, template),
        options=options,
    )
    material = Material(tree.path, work.bench.git, work.commit, work.evidence)
    values: dict[str, object] = {
        "request": work.validated.request,
        "test_path": test,
        "minutes": round(task.seconds_left() / 60, 1),
        "expected": found.expected,
    }
    text = brief(work.context, template, parts_for_reproduction(material, found), values)
    rundir.write_whole(prompt, text.encode("utf-8", "replace"))
    return task, lambda: tree.diff(start)


def _judge(
    work: Work, found: Reproduction, patch: bytes, gave_up: str
) -> tuple[str, Reproduction | None]:
    """Why the proposed test is none, or the reproduction that it makes."""
    if not patch.strip():
        return gave_up or "no test was written", None
    layout = layout_of(work)
    tree = work.bench.tree("written", work.commit)
    try:
        tree.apply(patch)
    except ImproveError as error:
        return error.what.split("\n")[0], None
    place = tree.path / layout.test
    source = (
        ""
        if place.is_symlink()
        else (beneath.read(tree.path, layout.test) or b"").decode("utf-8", "replace")
    )
    against = objections(source, tree.changed(), layout.test, work.environment.top_level)
    if against:
        return "; ".join(against[:3]), None
    work.check((layout.test,)).prepare(tree.path)
    seen = _seen(work, tree, layout.test, found.expected)
    if not seen.always or not seen.matches or seen.failure is None:
        rate = f"it failed in {seen.failed} of {seen.runs} runs"
        return f"{rate}, {seen.reason}", None
    notes = [*found.notes, "Code alone did not see the failure; the test was written by an agent."]
    if found.expected is None:
        notes.append("The log names no failure to compare with: that it is CI's is not shown.")
    made = Made(source, "", "written", count_lines(source), layout.test, tuple(notes))
    common = {
        "original_node_ids": found.original_node_ids,
        "expected": found.expected,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
        "differences": found.differences,
    }
    return "it fails as CI did", keep_test(work, made, seen.failure, common)


def _seen(work: Work, tree: Tree, test: str, expected: Failure | None) -> Observation:
    check = work.check((test,))
    return summarise(
        [check.run(tree.path, work.seconds()) for _ in range(CONFIRMING_RUNS)], expected
    )
