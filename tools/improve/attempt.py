"""The loop: one rung after the other proposes, code disposes.

    for each rung:  fresh tree -> agent -> diff -> guard -> check (fast) -> proof (slow)
                    kept: stop | refused: tell the next rung why | no budget: stop honestly

What an agent proposes is on disk before it is judged, and an attempt's end is on disk before the
next begins. A run that is killed anywhere therefore never asks (or pays) an agent twice.
"""

from __future__ import annotations

import dataclasses
import json
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from improve import rundir
from improve.agents.protocol import Agent, Outcome, Task, Warm
from improve.checks.ground import Ground
from improve.checks.proof import broken_by, passes_now, prove, why
from improve.checks.warm import warm_server
from improve.errors import ImproveError
from improve.evidence import clean_text, redact
from improve.guard import inspect
from improve.records import Attempt, CheckRun, Proof, Verdict
from improve.records.fix import AttemptOutcome
from improve.workbench.bench import Tree
from improve.workbench.environ import test_environ


@dataclass(frozen=True)
class Ladder:
    """The rungs in order and what they share."""

    rungs: tuple[str, ...]
    agent: Callable[[str], Agent]
    max_attempts: int
    max_usd: float | None
    options: dict[str, object]
    protected: tuple[str, ...]
    render_prompt: Callable[[int, Sequence[Attempt]], str]


def climb(ground: Ground, ladder: Ladder) -> list[Attempt]:
    """Attempts in order, those of earlier sessions first; the last one is kept or none is.

    Ends early when the time is nearly up: what is finished is then in the list.
    """
    done = finished(ground.run)
    if not any(attempt.outcome == "kept" for attempt in done):
        ground.measure()
    for number, rung in enumerate(ladder.rungs[: ladder.max_attempts], start=1):
        if any(attempt.outcome == "kept" for attempt in done):
            break
        if number <= len(done):
            continue
        if ground.left() < ground.reserve():
            break
        if (
            ladder.max_usd is not None
            and sum(attempt.usd for attempt in done) >= ladder.max_usd > 0
        ):
            break
        ground.progress(f"attempt {number}: {rung}")
        attempt = _attempt(ground, ladder, number, rung, done)
        _save(ground.run, attempt)
        done.append(attempt)
    return done


def finished(run: Path) -> list[Attempt]:
    """Attempts that came to their end in any session of this run, in order."""
    found: list[Attempt] = []
    while True:
        path = run / "attempts" / str(len(found) + 1) / "attempt.json"
        try:
            found.append(Attempt.model_validate_json(path.read_bytes()))
        except (FileNotFoundError, ValidationError):
            return found


def _attempt(
    ground: Ground, ladder: Ladder, number: int, rung: str, history: Sequence[Attempt]
) -> Attempt:
    began = time.monotonic()
    scratch = ground.run / "attempts" / str(number)
    agent = ladder.agent(rung)
    missing = agent.unavailable(ladder.options)
    if missing:
        return Attempt(number=number, agent=rung, outcome="skipped", reason=missing)
    try:
        proposal, patch = _proposed(ground, ladder, agent, number, scratch, history)
    except Exception as error:  # a backend that breaks costs its rung, not the run
        reason = redact(clean_text(_told(error, scratch)))
        return Attempt(
            number=number, agent=rung, outcome="agent_failed", reason=reason,
            seconds=round(time.monotonic() - began, 2),
        )  # fmt: skip
    outcome, reason, verdicts, proof, output = _judge(ground, ladder, patch, proposal)
    return Attempt(
        number=number,
        agent=rung,
        outcome=outcome,
        reason=reason,
        explanation=redact(clean_text(proposal.explanation)),
        doubt=redact(clean_text(proposal.doubt)),
        patch=f"attempts/{number}/patch.diff" if patch.strip() else None,
        files=_files(patch),
        guard=tuple(verdicts),
        check_output=output,
        proof=proof,
        seconds=round(time.monotonic() - began, 2),
        usd=proposal.usd,
        tried=proposal.tried,
        suspicious=proposal.suspicious,
    )


def _told(error: Exception, scratch: Path) -> str:
    if isinstance(error, ImproveError):
        return error.what.split("\n")[0]
    text = "".join(traceback.format_exception(error))
    rundir.write_whole(scratch / "crash.txt", text.encode("utf-8", "replace"))
    return f"the agent broke: {type(error).__name__}: {error} (see {scratch.name}/crash.txt)"[:500]


def _proposed(
    ground: Ground, ladder: Ladder, agent: Agent, number: int, scratch: Path, history: Sequence[Attempt]
) -> tuple[Outcome, bytes]:  # fmt: skip
    """What the agent proposes: from the disk when an earlier session got that far."""
    kept, said = scratch / "patch.diff", scratch / "proposal.json"
    if kept.is_file() and (before := _read_outcome(said)):
        return before, kept.read_bytes()
    scratch.mkdir(parents=True, exist_ok=True)
    rundir.write_whole(scratch / "prompt.md", ladder.render_prompt(number, history).encode())
    tree = ground.tree(f"attempt-{number}", b"")
    start = tree.write_tree()
    outcome = agent.work(_task(ground, ladder, tree, number, scratch, history))
    patch = tree.diff(start)
    rundir.write_whole(kept, patch)
    rundir.write_whole(said, json.dumps(dataclasses.asdict(outcome), indent=2).encode())
    return outcome, patch


def _read_outcome(path: Path) -> Outcome | None:
    try:
        values = json.loads(path.read_bytes())
        return Outcome(**{**values, "suspicious": tuple(values["suspicious"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # not there, or damaged: the agent is asked again


def _task(
    ground: Ground,
    ladder: Ladder,
    tree: Tree,
    number: int,
    scratch: Path,
    history: Sequence[Attempt],
) -> Task:
    check = ground.check
    rungs_left = max(1, min(len(ladder.rungs), ladder.max_attempts) - number + 1)
    share = max(0.0, ground.left() - ground.reserve()) / rungs_left
    deadline = time.monotonic() + share

    def related(targets: Sequence[str]) -> CheckRun:
        return check.some(tree.path, targets, max(1.0, ground.left() / 4))

    def regressions() -> Sequence[str]:
        return broken_by(ground, tree, deadline - time.monotonic())

    return Task(
        number=number,
        tree=tree.path,
        prompt=scratch / "prompt.md",
        scratch=scratch,
        failure=ground.observed,
        node_ids=check.node_ids,
        frozen=tuple(file.path for file in ground.frozen),
        history=tuple(history),
        environment=check.environment,
        seconds_left=lambda: max(0.0, deadline - time.monotonic()),
        run_check=lambda: check.run(tree.path, ground.seconds()),
        run_related=related,
        regressions=regressions,
        test_environ=lambda: test_environ(tree.path, check.environment, scratch),
        progress=ground.progress,
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


def _judge(
    ground: Ground, ladder: Ladder, patch: bytes, proposal: Outcome
) -> tuple[AttemptOutcome, str, list[Verdict], Proof | None, str]:
    if not patch.strip():
        reason = proposal.gave_up or "the agent changed nothing"
        return "no_change", reason, [], None, ""
    verdicts = inspect(patch, {file.path for file in ground.frozen}, ladder.protected)
    refused = [verdict for verdict in verdicts if not verdict.passed]
    if refused:
        return "refused", "; ".join(f"{v.rule}: {v.reason}" for v in refused), verdicts, None, ""
    try:
        tree = ground.tree("check", patch)
    except ImproveError as error:
        return "refused", error.what.split("\n")[0], verdicts, None, ""
    ground.progress("running the reproduction on the proposed fix")
    quick = ground.check.run(tree.path, ground.seconds())
    if not passes_now(ground.before, quick):
        reason = f"the reproduction does not pass: {why(quick, ground.before)}"
        return "not_fixed", reason, verdicts, None, quick.log
    proof = prove(ground, patch)
    if proof.outcome == "rejected":
        failed = next(step for step in proof.steps if not step.passed and step.shown)
        return "proof_failed", f"{failed.rule}: {failed.reason}", verdicts, proof, quick.log
    missing = [step.reason for step in proof.steps if not step.shown]
    return "kept", "; ".join(missing) or "proven", verdicts, proof, ""


def _files(patch: bytes) -> tuple[str, ...]:
    names = []
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git "):
            names.append(line.split(b" b/", 1)[-1].strip(b'"').decode("utf-8", "replace"))
    return tuple(names)


def _save(run: Path, attempt: Attempt) -> None:
    text = attempt.model_dump_json(indent=2).encode()
    rundir.write_whole(run / "attempts" / str(attempt.number) / "attempt.json", text)
