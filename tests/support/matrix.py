"""One cell of a matrix: one call of one phase, killed at or harmed, and what is owed then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tests.support.outside import Call
from tests.support.stages import PHASES, Session, Stages

KILLED = -9
EXPECTED_FAILURES = (1, 4, 5)  # 0 says done, 2 blames the request, 3 is a bug of ours
# Who waits for a program that hangs: the settings that a user has.
IMPATIENT = {
    "IMPROVE_GIT_MINUTES": "0.05", "IMPROVE_REPRODUCE_MINUTES": "0.2", "IMPROVE_FIX_MINUTES": "0.3",
    "IMPROVE_SUITE_MINUTES": "0.1",
}  # fmt: skip


TOLD = re.compile(r"(?m)^!!! .+\n(?:(?!!!!|>>>|    ).*\n)*    \S")  # what happened; what to do next


@dataclass(frozen=True)
class Cell:
    """Call ``call`` of the session that begins at ``phase`` meets ``how``."""

    phase: str
    call: Call
    how: str

    def __str__(self) -> str:
        return f"{self.call} {self.how}"


def cells(stages: Stages, hows: tuple[str, ...], phases: tuple[str, ...] = PHASES) -> list[Cell]:
    """All cells of these phases. A phase itself is killed before and after, but brings no fault."""
    return [
        Cell(phase, call, how)
        for phase in phases
        for call in stages.counted[phase]
        for how in hows
        if "kill" in how or not call.words.startswith("improve ")
    ]


def crash(stages: Stages, cell: Cell) -> str:
    """Killed there and resumed: '' when nothing tells it from an undisturbed run."""
    stages.restore(cell.phase)
    first = stages.session(cell.phase, cell.call, cell.how)
    if first.code != KILLED:
        return f"it was not killed: exit {first.code}\n{first.said}"
    return _resumed(stages, cell)


def fault(stages: Stages, cell: Cell) -> tuple[str, str]:
    """('right' or 'honest', '') and, when it is neither, what was wrong."""
    stages.restore(cell.phase)
    ended = stages.session(cell.phase, cell.call, cell.how, **limits(cell))
    if ended.code == KILLED:
        return "right", differences(stages.state(), stages.wanted[cell.phase])
    wrong = dishonest(stages, cell, ended)
    if wrong:
        return "honest", f"{wrong}\nexit {ended.code}\n{ended.said}"
    return "honest", _resumed(stages, cell)


def limits(cell: Cell) -> dict[str, str]:
    """The settings with which the session meets the fault."""
    return IMPATIENT if cell.how == "hang" else {}


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
