"""One attempt's task: a fresh tree with everything by which an agent can judge its own work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improve import rundir
from improve.agents.meter import Caps, Meter
from improve.agents.obtain import PATCH, obtain
from improve.agents.protocol import Agent, Outcome, SlowDown, Task, Warm
from improve.agents.registry import SEARCHING
from improve.checks.ground import Ground
from improve.checks.held_out import keep_back
from improve.checks.proof_suite import broken_by
from improve.checks.warm import warm_server
from improve.records import Attempt, CheckRun
from improve.workbench.bench import Tree
from improve.workbench.environ import test_environ


@dataclass(frozen=True)
class Plan:
    """One attempt before it is made."""

    number: int
    rung: str
    history: tuple[Attempt, ...]
    share: float  # of the time that is left, above 0, at most 1
    strategy: str = ""
    stuck: str = ""  # why that strategy, in words


@dataclass(frozen=True)
class Turn:
    """What a prompt is made of."""

    plan: Plan
    tree: Path
    seconds: float


@dataclass(frozen=True)
class Ladder:
    """The rungs in order and what they share."""

    rungs: tuple[str, ...]
    agent: Callable[[str], Agent]
    paid: frozenset[str]  # rungs that cost money
    max_attempts: int
    caps: Caps
    options: dict[str, object]
    protected: tuple[str, ...]
    render_prompt: Callable[[Turn], str]
    answer_schema: Mapping[str, Any] | None = None
    slow_down: SlowDown | None = None


def meter_of(ground: Ground, ladder: Ladder, number: int, rung: str) -> Meter:
    """What this attempt used and may still use; an attempt that is made again goes on with it."""
    return Meter(ground.run, f"attempt {number}", rung, ladder.caps)


def propose(ground: Ground, ladder: Ladder, plan: Plan) -> tuple[Outcome, bytes]:
    """What the agent of this rung proposes."""
    scratch = ground.run / "attempts" / str(plan.number)

    def begin() -> tuple[Task, Callable[[], bytes]]:
        tree = ground.tree(f"attempt-{plan.number}", b"")
        if plan.rung not in SEARCHING:
            keep_back(ground, tree)
        start = tree.write_tree()

        def keep() -> None:
            rundir.write_whole(scratch / PATCH, tree.diff(start))

        task = _task(ground, ladder, plan, tree, keep)
        prompt = ladder.render_prompt(Turn(plan, tree.path, task.seconds_left()))
        rundir.write_whole(task.prompt, prompt.encode("utf-8", "replace"))
        return task, lambda: tree.diff(start)

    meter = meter_of(ground, ladder, plan.number, plan.rung)
    return obtain(ladder.agent(plan.rung), scratch, meter, begin)


def _task(ground: Ground, ladder: Ladder, plan: Plan, tree: Tree, keep: Callable[[], None]) -> Task:
    check = ground.check
    scratch = ground.run / "attempts" / str(plan.number)
    deadline = time.monotonic() + plan.share * max(0.0, ground.left() - ground.reserve())

    def related(targets: Sequence[str]) -> CheckRun:
        return check.some(tree.path, targets, max(1.0, ground.left() / 4))

    def regressions() -> Sequence[str]:
        return broken_by(ground, tree, deadline - time.monotonic())

    return Task(
        number=plan.number,
        tree=tree.path,
        prompt=scratch / "prompt.md",
        scratch=scratch,
        failure=ground.observed,
        node_ids=check.node_ids,
        frozen=tuple(file.path for file in ground.frozen),
        history=plan.history,
        environment=check.environment,
        seconds_left=lambda: max(0.0, deadline - time.monotonic()),
        run_check=lambda: check.run(tree.path, ground.seconds()),
        run_related=related,
        regressions=regressions,
        test_environ=lambda: test_environ(tree.path, check.environment, scratch),
        progress=ground.progress,
        purpose="fix",
        meter=meter_of(ground, ladder, plan.number, plan.rung),
        keep=keep,
        answer_schema=ladder.answer_schema,
        # One run of an intermittent test, or of a slow one, tells nothing: there, `run_check` alone can.
        warm=_warm(ground, tree, scratch)
        if check.node_ids and not check.command and not check.stress and not check.pace
        else None,
        amplifier=check.stress.amplifier if check.stress else "",
        slow_down=ladder.slow_down,
        options=ladder.options,
    )


def _warm(ground: Ground, tree: Tree, scratch: Path) -> Callable[[], AbstractContextManager[Warm]]:
    """How to open a pytest that stays warm over many candidates."""
    check = ground.check
    world = {
        **test_environ(tree.path, check.environment, scratch),
        **check.warm_environ(tree.path),
    }
    return lambda: warm_server(tree.path, check.environment.python, world, ground.left())
