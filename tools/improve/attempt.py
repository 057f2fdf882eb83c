"""The loop: one rung after the other proposes, code disposes.

    for each rung:  fresh tree -> agent -> diff -> guard -> check (fast) -> proof (slow)
                    kept: stop | refused: tell the next rung why | no budget: stop honestly

An attempt's end is on disk before the next begins, so a run that is killed anywhere repeats none.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from improve import rundir
from improve.agents.obtain import facts, untrusted
from improve.agents.protocol import Outcome
from improve.agents.stuck import strategy
from improve.checks.ground import Ground
from improve.checks.judge import Judgement, judge
from improve.proposing import Ladder, Plan, meter_of, propose
from improve.records import Attempt, RootCause
from improve.records.reading import read
from improve.redaction import known_values_out
from improve.visible import in_json

Ended = Literal["kept", "ladder", "attempts", "time", "money"]


def climb(ground: Ground, ladder: Ladder) -> tuple[list[Attempt], Ended]:
    """Attempts in order, those of earlier sessions first, and what ended them.

    The last one is kept or none is. A rung that is skipped is no attempt.
    """
    done = finished(ground.run)
    if not any(attempt.outcome == "kept" for attempt in done):
        ground.measure()
    for number, rung in enumerate(ladder.rungs, start=1):
        if any(attempt.outcome == "kept" for attempt in done):
            return done, "kept"
        if number <= len(done):
            continue
        if sum(attempt.outcome != "skipped" for attempt in done) >= ladder.max_attempts:
            return done, "attempts"
        if ground.left() < ground.reserve():
            return done, "time"
        ground.progress(f"attempt {number}: {rung}")
        attempt = _skipped(ground, ladder, number, rung, done)
        attempt = attempt or _attempt(ground, ladder, number, rung, done)
        _save(ground.run, attempt)
        done.append(attempt)
    if any(attempt.outcome == "kept" for attempt in done):
        return done, "kept"
    return done, "money" if _out_of_money(ground, ladder, done) else "ladder"


def _out_of_money(ground: Ground, ladder: Ladder, done: Sequence[Attempt]) -> bool:
    """A limit of the run cut it short: not the turns of one attempt, which are called a limit, too."""
    limited = any(one.fault == "limit" for one in done)
    return limited and bool(meter_of(ground, ladder, len(done), "").exhausted())


def finished(run: Path) -> list[Attempt]:
    """Attempts that came to their end in any session of this run, in order."""
    found: list[Attempt] = []
    while True:
        path = run / "attempts" / str(len(found) + 1) / "attempt.json"
        try:
            found.append(read(Attempt, path.read_bytes())[0])
        except (FileNotFoundError, ValidationError):
            return found


def patches_of(run: Path, history: Sequence[Attempt]) -> dict[int, bytes]:
    """The diff of each attempt that made one, by its number."""
    return {one.number: (run / one.patch).read_bytes() for one in history if one.patch}


def _skipped(
    ground: Ground, ladder: Ladder, number: int, rung: str, history: Sequence[Attempt]
) -> Attempt | None:
    """Why this rung is not even tried, if so."""
    reason, fault = ladder.agent(rung).unavailable(ladder.options) or "", ""
    locked = next((one for one in history if one.agent == rung and one.fault == "key"), None)
    if locked:
        reason = f"its key was refused in attempt {locked.number}"
    if not reason and rung in ladder.paid:
        reason = meter_of(ground, ladder, number, rung).exhausted()
        fault = "limit" if reason else ""
    if not reason:
        return None
    return Attempt(number=number, agent=rung, outcome="skipped", reason=reason, fault=fault)


def _attempt(
    ground: Ground, ladder: Ladder, number: int, rung: str, history: Sequence[Attempt]
) -> Attempt:
    began = time.monotonic()
    patches = patches_of(ground.run, history)
    share = 1 / _still_to_come(ladder, number, history)
    plan = Plan(number, rung, tuple(history), share, *strategy(history, patches))
    said, patch = propose(ground, ladder, plan)
    found = _judged(ground, ladder, said, patch)
    return Attempt(
        number=number,
        agent=rung,
        outcome=found.outcome,
        reason=untrusted(found.reason),
        explanation=_said(said, "change") or untrusted(said.explanation),
        doubt=_said(said, "doubt") or untrusted(said.doubt),
        hand_over=" ".join(filter(None, (_said(said, "gave_up"), _said(said, "hand_over")))),
        patch=f"attempts/{number}/patch.diff" if patch.strip() else None,
        files=_files(patch),
        guard=found.verdicts,
        check_output=found.output,
        signature=found.signature,
        proof=found.proof,
        **facts(began, meter_of(ground, ladder, number, rung), said),
        strategy=plan.strategy,
        root_cause=_root_cause(said.answer),
        tried=said.tried,
        suspicious=said.suspicious,
    )


def _still_to_come(ladder: Ladder, number: int, history: Sequence[Attempt]) -> int:
    """Attempts that may still be made, this one included; they share the time that is left."""
    usable = [
        rung
        for rung in ladder.rungs[number - 1 :]
        if ladder.agent(rung).unavailable(ladder.options) is None
    ]
    made = sum(attempt.outcome != "skipped" for attempt in history)
    return max(1, min(len(usable), ladder.max_attempts - made))


def _judged(ground: Ground, ladder: Ladder, said: Outcome, patch: bytes) -> Judgement:
    if not patch.strip():
        reason = said.gave_up or "the agent changed nothing"
        return Judgement("agent_failed" if said.fault else "no_change", reason)
    found = judge(ground, patch, ladder.protected)
    if said.fault and found.outcome != "kept":
        ended = f"{found.reason} (it ended early: {said.gave_up})"
        return dataclasses.replace(found, reason=ended)
    return found


def _said(said: Outcome, part: str) -> str:
    """A text of the closing answer (implementing-features/answer.schema.json); '' without one."""
    return untrusted(str((said.answer or {}).get(part) or ""))


def _root_cause(answer: Mapping[str, Any] | None) -> RootCause | None:
    """The part of the closing answer that tells the cause."""
    told = (answer or {}).get("root_cause")
    if not isinstance(told, dict):
        return None
    place = f"{told.get('file') or ''}:{told.get('line') or ''}".strip(":")
    return RootCause(
        summary=untrusted(str(told.get("summary", ""))),
        locations=(untrusted(place)[:300],) if place else (),
    )


def _files(patch: bytes) -> tuple[str, ...]:
    try:
        return tuple(file.path for file in PatchSet(patch.decode("utf-8", "replace")))
    except UnidiffParseError:
        return ()  # the guard refuses such a diff, and says so


def _save(run: Path, attempt: Attempt) -> None:
    text = in_json(known_values_out(attempt.model_dump_json(indent=2))).encode()
    rundir.write_whole(run / "attempts" / str(attempt.number) / "attempt.json", text)
