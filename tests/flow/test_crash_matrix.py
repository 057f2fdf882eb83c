"""kill -9 before and after every program that a run calls, ``--resume`` after it: nothing is lost.

With each push one call of each phase, others with each commit; the whole matrix at night.
FLOW_SEED=<seed> makes the same sample again.
"""

from __future__ import annotations

import random

import pytest
from tests.support import matrix
from tests.support.harmed_runs import GITHUB, LOCAL, chosen, demo, ends_right, harmed, seed, whole
from tests.support.outside import KILLS
from tests.support.stages import PHASES

pytestmark = pytest.mark.slow
# The phases between are the same programs in both demos, on another project.
PARTS = {LOCAL: PHASES, GITHUB: ("fetch-logs", "publish", "report")}


def test_killed_in_each_phase_a_run_ends_as_if_undisturbed() -> None:
    dice = random.Random(seed())
    with demo(LOCAL) as stages:
        cells = chosen(dice, PHASES, KILLS)
        print(f"FLOW_SEED={seed()}", *cells, sep="\n  ")
        ends_right(stages, harmed(stages, cells))


@pytest.mark.nightly
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("name", PARTS)
def test_killed_before_and_after_every_call(name: str) -> None:
    with demo(name) as stages:
        whole(stages)
        cells = matrix.cells(stages, KILLS, PARTS[name])
        wrong = {str(cell): why for cell in cells if (why := matrix.crash(stages, cell))}
        told = "\n".join(f"{cell}: {why[-1500:]}" for cell, why in wrong.items())
        print(f"{len(cells) - len(wrong)} of {len(cells)} ended as if undisturbed")
        assert not wrong, told
