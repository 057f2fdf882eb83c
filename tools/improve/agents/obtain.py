"""Get an agent's work once: what it says and what it changed are on disk before anybody judges it.

What was edited and paid for when a run was killed is taken as the proposal when the run is
resumed: nobody is asked, or paid, twice for the same thing.
"""

from __future__ import annotations

import dataclasses
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from improve import rundir
from improve.agents.meter import Meter
from improve.agents.protocol import Agent, AgentFault, Outcome, Task
from improve.errors import ImproveError, Unable
from improve.evidence import clean_text, redact
from improve.records.usage import Usage
from improve.redaction import redact_values, why_not_kept

PATCH = "patch.diff"
REFUSED = "refused.diff"


def obtain(
    agent: Agent,
    scratch: Path,
    meter: Meter,
    begin: Callable[[], tuple[Task, Callable[[], bytes]]],
) -> tuple[Outcome, bytes]:
    """The outcome and the diff: from ``scratch`` when an earlier session got that far.

    ``begin`` makes the task, and the function that diffs its tree. Raises: nothing for an agent
    that ends early or breaks: ``fault`` and ``gave_up`` of the outcome tell.
    """
    kept, told = scratch / PATCH, scratch / "proposal.json"
    if kept.is_file() and (before := _read(told)):
        return before, kept.read_bytes()
    if meter.spent():
        patch = kept.read_bytes() if kept.is_file() else b""
        cut = Outcome(bool(patch.strip()), gave_up="the run was interrupted", fault="broken")
        return _on_disk(scratch, cut, patch)
    scratch.mkdir(parents=True, exist_ok=True)
    task, diff = begin()
    outcome = _worked(agent, task)
    try:
        patch = diff()
    except Unable:
        raise
    except ImproveError as error:
        # It left a tree that git cannot read: what was kept is all there is.
        patch = kept.read_bytes() if kept.is_file() else b""
        why = untrusted(f"its tree could not be read: {error.what.splitlines()[0]}")[:500]
        outcome = dataclasses.replace(outcome, gave_up=why, fault=outcome.fault or "broken")
    return _on_disk(scratch, outcome, patch)


def untrusted(text: str) -> str:
    """What an agent said, fit for records: cleaned of control signs, and redacted."""
    return redact(clean_text(text))


class Facts(TypedDict):
    """What every record of an attempt says of the agent's part, whatever became of its work."""

    seconds: float
    usd: float
    usage: tuple[Usage, ...]
    turns: int
    denied: tuple[str, ...]
    fault: str


def facts(began: float, meter: Meter, said: Outcome) -> Facts:
    """``began`` as time.monotonic() told it."""
    used = meter.spent()
    return {
        "seconds": round(time.monotonic() - began, 2),
        "usd": round(sum(one.usd for one in used), 6),
        "usage": used,
        "turns": said.turns or sum(one.requests for one in used),
        "denied": tuple(untrusted(one)[:300] for one in said.denied[:50]),
        "fault": said.fault,
    }


def _on_disk(scratch: Path, outcome: Outcome, patch: bytes) -> tuple[Outcome, bytes]:
    if why := why_not_kept(patch):
        # The run folder is kept and sent on, so a secret is not put there. People see what it was.
        rundir.write_whole(scratch / REFUSED, redact(patch.decode("utf-8", "replace")).encode())
        outcome = dataclasses.replace(
            outcome, gave_up=f"its change was not kept: {why} (see {REFUSED})", fault="broken"
        )
        patch = b""
    rundir.write_whole(scratch / PATCH, patch)
    said = json.dumps(redact_values(dataclasses.asdict(outcome)), indent=2)
    rundir.write_whole(scratch / "proposal.json", said.encode())
    return outcome, patch


def _worked(agent: Agent, task: Task) -> Outcome:
    try:
        return agent.work(task)
    except AgentFault as fault:
        return Outcome(True, gave_up=untrusted(fault.what), fault=fault.kind, denied=fault.denied)
    except Unable:
        raise  # nothing is known about the agent: it is asked again
    except ImproveError as error:
        return Outcome(True, gave_up=untrusted(error.what.split("\n")[0]), fault="broken")
    except Exception as error:  # a backend that breaks costs its rung, not the run
        text = "".join(traceback.format_exception(error))
        rundir.write_whole(task.scratch / "crash.txt", redact(text).encode("utf-8", "replace"))
        what = (
            f"the agent broke: {type(error).__name__}: {error} (see {task.scratch.name}/crash.txt)"
        )
        return Outcome(True, gave_up=untrusted(what[:500]), fault="broken")


def _read(path: Path) -> Outcome | None:
    try:
        told, known = json.loads(path.read_bytes()), dataclasses.fields(Outcome)
        values = {one.name: told[one.name] for one in known if one.name in told}
        lists = {name: tuple(values.get(name, ())) for name in ("suspicious", "denied")}
        return Outcome(**{**values, **lists})  # other releases wrote more fields, or fewer
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None  # not there, or damaged: the agent is asked again
