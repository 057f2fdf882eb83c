"""One cell of a matrix: one call of one phase, killed at or harmed, and what is owed then."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.footprint import footprint
from tests.support.outside import Call
from tests.support.quick import Quick
from tests.support.stages import BUILT, KILLED, PHASES, Session, Stages

EXPECTED_FAILURES = (1, 4, 5)  # 0 says done, 2 blames the request, 3 is a bug of ours

TOLD = re.compile(r"(?m)^!!! .+\n(?:(?!!!!|>>>|    ).*\n)*    \S")  # what happened; what to do next


@dataclass(frozen=True)
class Cell:
    """Call ``call`` of the session that begins at ``phase`` meets ``how``."""

    phase: str
    call: Call
    how: str
    built: bool = True  # the target's environment is there

    def __str__(self) -> str:
        return f"{self.call} {self.how}" + ("" if self.built else ", first run")


def cells(stages: Stages, hows: tuple[str, ...], phases: tuple[str, ...] = PHASES) -> list[Cell]:
    """All cells of these phases. A phase itself is killed before and after, but brings no fault."""
    return [
        Cell("reproduce" if phase == BUILT else phase, call, how, phase != BUILT)
        for phase in phases
        for call in stages.counted[phase]
        for how in hows
        if "kill" in how or not call.words.startswith("improve ")
    ]


def crash(stages: Stages, cell: Cell, quick: Quick) -> str:
    """Killed there and resumed: '' when nothing tells it from an undisturbed run."""
    first = _met(stages, cell, quick)
    if first.code != KILLED or not stages.outside.met(cell.call):
        return f"it was not killed: exit {first.code}\n{first.said}"
    return _resumed(stages, cell)


def fault(stages: Stages, cell: Cell, quick: Quick) -> tuple[str, str]:
    """('right' or 'honest', '') and, when it is neither, what was wrong."""
    ended = _met(stages, cell, quick)
    if not stages.outside.met(cell.call):
        return "right", f"the call was not reached\nexit {ended.code}\n{ended.said}"
    if ended.code == KILLED:
        found, wanted = _as_told(stages, cell)
        if cell.how == "hang" and cell.call.words.startswith("sh "):
            return "honest", _as_if_the_target_hung(stages, found, wanted)
        if cell.how == "hang" and found.get("fix") == "out_of_budget":  # it took the time of all
            return "honest", _resumed(stages, cell)
        return "right", differences(found, wanted)
    wrong = dishonest(stages, cell, ended)
    if wrong:
        return "honest", f"{wrong}\nexit {ended.code}\n{ended.said}"
    return "honest", _resumed(stages, cell)


def _met(stages: Stages, cell: Cell, quick: Quick) -> Session:
    stages.restore(cell.phase, built=cell.built)
    extra = limits(cell, stages.took)
    if quick.takes(cell.call, cell.how):
        return quick.session(cell.call, cell.how, **extra)
    return stages.session(cell.phase, cell.call, cell.how, **extra)


def _as_told(stages: Stages, cell: Cell) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is there and what is wanted; less the reproduction's branch where the run says why.

    A pull request does without it; ``publish`` has a note then, which the report shows.
    """
    found, wanted = stages.state(), stages.wanted[cell.phase]
    notes = found.pop("notes", [])
    if not notes or any(not re.match(r"repro/\S+ was not pushed: ", note) for note in notes):
        return found, wanted
    return _without_reproduction(found), _without_reproduction(wanted)


def _as_if_the_target_hung(stages: Stages, found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """What is wrong with an end after a test that did not end: '' for any verdict on the target.

    Its tests may hang by themselves, and nobody can tell that from outside. So the run may find no
    fix, another one or no failure; but what it says is fixed is proven, and nothing is left.
    """
    same = ("runs", "processes", "tmp", "cache/workbenches")
    wrong = differences({k: found[k] for k in same}, {k: wanted[k] for k in same})
    if found.get("fix") == "fixed":
        fix = json.loads((stages.kit.runs()[-1] / "fix.json").read_text())
        (kept,) = (one for one in fix["attempts"] if one["number"] == fix["kept"])
        wrong += "" if kept["proof"]["outcome"] == "verified" else f"kept without a proof: {kept}"
    return wrong


def _without_reproduction(state: dict[str, Any]) -> dict[str, Any]:
    less = {name: value for name, value in state.items() if name != "pull-request.md"}
    pushed = less.get("origin.git", [])
    return {**less, "origin.git": [ref for ref in pushed if "/repro/" not in ref]}


def limits(cell: Cell, took: Mapping[str, float]) -> dict[str, str]:
    """The settings of a user who does not wait for a program that hangs; ``took``: seconds."""
    if cell.how != "hang":
        return {}
    minutes = {name: max(0.3, 4 * took.get(name, 0.0) / 60) for name in ("reproduce", "fix")}
    return {
        "IMPROVE_GIT_MINUTES": "0.05", "IMPROVE_SUITE_MINUTES": "0.1",
        "IMPROVE_REPRODUCE_MINUTES": f"{minutes['reproduce'] + (not cell.built):.2f}",
        "IMPROVE_FIX_MINUTES": f"{minutes['fix']:.2f}",
    }  # fmt: skip


def dishonest(stages: Stages, cell: Cell, ended: Session) -> str:
    """What a failure does not say, says wrongly or leaves behind; '' when it is honest."""
    if ended.code not in EXPECTED_FAILURES:
        return "the exit code is not that of an expected failure"
    if not TOLD.search(ended.said):
        return "it does not say what happened and what is to be done"
    report = stages.report()
    if "✅ Success" in report:
        return "the report says that it is done"
    opened = any((run / "request.json").exists() for run in stages.kit.runs())
    if opened and cell.phase != "validate" and not report and cell.how != "full-disk":
        return "no report was written"
    state = stages.state()
    left = {name: state[name] for name in ("processes", "tmp", "cache/workbenches") if state[name]}
    return f"left behind: {left}" if left else ""


def _resumed(stages: Stages, cell: Cell) -> str:
    met = cell.phase, footprint(stages)
    if met not in stages.resumed:
        stages.resumed[met] = _resume(stages, cell)
    return stages.resumed[met]


def _resume(stages: Stages, cell: Cell) -> str:
    before = str(stages.state())
    again = stages.session(cell.phase)
    if again.code != KILLED:
        return f"it cannot be resumed: exit {again.code}\n{again.said}\nfrom {before}"
    return differences(stages.state(), stages.wanted[cell.phase])


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """In words, '' when there are none."""
    return "\n".join(
        f"{name}: {found.get(name)!r} instead of {wanted.get(name)!r}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    )
