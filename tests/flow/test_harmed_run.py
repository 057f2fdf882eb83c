"""One demo on whose way phases are killed and programs fail: resumed, it ends as if undisturbed.

With each push a kill and a fault, others with each commit; all of them at night
(``test_crash_matrix.py``, ``test_fault_matrix.py``). FLOW_SEED=<seed> makes the same sample again.
"""

from __future__ import annotations

import random

import pytest
from tests.support.harmed_runs import LOCAL, chosen, demo, ends_right, harmed, seed
from tests.support.outside import FAULTS, KILLS
from tests.support.stages import PHASES

pytestmark = pytest.mark.slow
QUICK = tuple(fault for fault in FAULTS if fault != "hang")  # that one is waited for
# What is harmed is done once more, and that costs what the phase costs.
SHORT, LONG = ("validate", "fetch-logs", "publish", "report"), ("reproduce", "fix")


def test_killed_and_harmed_on_its_way_a_run_ends_as_if_undisturbed() -> None:
    dice = random.Random(seed())
    killed = dice.sample(SHORT, 1)
    faulty = [dice.choice((*LONG, "validate", "publish"))]
    cells = [*chosen(dice, killed, KILLS), *chosen(dice, faulty, QUICK)]
    cells.sort(key=lambda cell: PHASES.index(cell.phase))
    print(f"FLOW_SEED={seed()}", *cells, sep="\n  ")
    with demo(LOCAL) as stages:
        ends_right(stages, harmed(stages, cells))
