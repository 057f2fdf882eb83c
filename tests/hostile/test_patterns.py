"""No line stalls a pattern of the package: 50 ms at most, once lines are cut to 4 KiB."""

from __future__ import annotations

import re
import time
from types import ModuleType

import pytest
from tests.support.patterns import PIECES, Use, modules, near_misses, uses

import improve
from improve.evidence.clean import CAP

SECONDS = 0.05
GUESTS = (".inside",)  # code for the target's interpreter
LINES = [
    *((piece * CAP)[:CAP] for piece in PIECES),
    *((piece * CAP)[: CAP - 1] + "!" for piece in PIECES),
    *("FAILED " + (piece * CAP)[: CAP - 8] for piece in PIECES[:20]),
]
MODULES = [module for module in modules(improve, GUESTS) if uses(module)]


def stalls(use: Use) -> str:
    """The line at which the pattern takes too long; '' when there is none."""
    for line in (*LINES, *near_misses(use.pattern, CAP)):
        spent = _timed(use, line)
        if spent > SECONDS:  # a busy machine: the best of four counts, measured by its own speed
            spent = min(spent, *(_timed(use, line) for _ in range(3)))
            if spent > SECONDS * max(1.0, _slowness()):
                return f"{use.name}: {spent:.3f} s on {line[:40]!r}..."
    return ""


def _timed(use: Use, line: str) -> float:
    started = time.process_time()
    use.on(line)
    return time.process_time() - started


def _slowness() -> float:
    """How much slower than usual this machine is just now."""
    started = time.process_time()
    sum(range(400_000))
    return (time.process_time() - started) / 0.01


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_line_stalls_a_pattern(module: ModuleType) -> None:
    told = [found for use in uses(module) if (found := stalls(use))]
    assert not told, told


def test_the_patterns_are_found() -> None:
    every = [use for module in MODULES for use in uses(module)]
    assert len(every) > 150, len(every)
    rooms = {module.__name__.split(".")[1] for module in MODULES}
    assert {"visible", "evidence", "contract", "forge", "workbench", "guard"} <= rooms, rooms


@pytest.mark.parametrize(
    "bad",
    [r"(.*)(?:Error|Exception): (.*)$", r"\s+$", r"(?:\w+/)*\w+\.py", r"[^:]*:[^:]*:.*?;;$"],
)  # fmt: skip
def test_a_pattern_that_backtracks_is_found(bad: str) -> None:
    """The control. The first two stalled for more than 10 s on a line of 60 KB."""
    many = Use("bad", re.compile(bad), anchored=False)
    assert stalls(many), bad
