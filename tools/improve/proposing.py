"""One agent's proposal: a fresh tree and a task go in, a diff and what the agent says come out.

The proposal is on disk before anybody judges it. What was edited and paid for when a run was
killed is taken as the proposal when the run is resumed: nobody is asked, or paid, twice.
"""

from __future__ import annotations

import dataclasses
import json
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improve import rundir
from improve.agents.meter import Caps, Meter
from improve.agents.protocol import Agent, AgentFault, Outcome, Task, Warm
from improve.checks.ground import Ground
from improve.checks.proof import broken_by
from improve.checks.warm import warm_server
from improve.errors import ImproveError
from improve.evidence import clean_text, redact
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


def meter_of(ground: Ground, ladder: Ladder, number: int, rung: str) -> Meter:
    """What this attempt used and may still use; an attempt that is made again goes on with it."""
    return Meter(ground.run, f"attempt {number}", rung, ladder.caps)


def propose(ground: Ground, ladder: Ladder, plan: Plan) -> tuple[Outcome, bytes]:
    """What the agent of this rung proposes: from the disk when an earlier session got that far."""
    scratch = ground.run / "attempts" / str(plan.number)
    kept, told = scratch / "patch.diff", scratch / "proposal.json"
    if kept.is_file() and (before := _read_outcome(told)):
        return before, kept.read_bytes()
    if meter_of(ground, ladder, plan.number, plan.rung).spent():
        patch = kept.read_bytes() if kept.is_file() else b""
        cut = Outcome(bool(patch.strip()), gave_up="the run was interrupted", fault="broken")
        return _on_disk(scratch, cut, patch)
    scratch.mkdir(parents=True, exist_ok=True)
    tree = ground.tree(f"attempt-{plan.number}", b"")
    start = tree.write_tree()
    task = _task(ground, ladder, plan, tree, lambda: _keep(kept, tree, start))
    prompt = ladder.render_prompt(Turn(plan, tree.path, task.seconds_left()))
    rundir.write_whole(task.prompt, prompt.encode("utf-8", "replace"))
    outcome = _worked(ladder.agent(plan.rung), task)
    return _on_disk(scratch, outcome, tree.diff(start))


def _keep(path: Path, tree: Tree, start: str) -> None:
    rundir.write_whole(path, tree.diff(start))


def _on_disk(scratch: Path, outcome: Outcome, patch: bytes) -> tuple[Outcome, bytes]:
    rundir.write_whole(scratch / "patch.diff", patch)
    said = json.dumps(dataclasses.asdict(outcome), indent=2)
    rundir.write_whole(scratch / "proposal.json", said.encode())
    return outcome, patch


def _worked(agent: Agent, task: Task) -> Outcome:
    """The agent's outcome; a backend that ends early or breaks costs its rung, not the run."""
    try:
        return agent.work(task)
    except AgentFault as fault:
        return Outcome(True, gave_up=untrusted(fault.what), fault=fault.kind)
    except ImproveError as error:
        return Outcome(True, gave_up=untrusted(error.what.split("\n")[0]), fault="broken")
    except Exception as error:
        text = "".join(traceback.format_exception(error))
        rundir.write_whole(task.scratch / "crash.txt", text.encode("utf-8", "replace"))
        what = (
            f"the agent broke: {type(error).__name__}: {error} (see {task.scratch.name}/crash.txt)"
        )
        return Outcome(True, gave_up=untrusted(what[:500]), fault="broken")


def _read_outcome(path: Path) -> Outcome | None:
    try:
        values = json.loads(path.read_bytes())
        lists = {name: tuple(values[name]) for name in ("suspicious", "denied")}
        return Outcome(**{**values, **lists})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # not there, or damaged: the agent is asked again


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
        meter=meter_of(ground, ladder, plan.number, plan.rung),
        keep=keep,
        answer_schema=ladder.answer_schema,
        warm=_warm(ground, tree, scratch) if check.node_ids and not check.command else None,
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


def untrusted(text: str) -> str:
    """What an agent said, fit for records: cleaned of control signs, and redacted."""
    return redact(clean_text(text))
