"""kill -9 before and after every program that a run calls, ``--resume`` after it: nothing is lost.

The whole matrix, at night; ``test_harmed_run.py`` samples it with each push.
"""

from __future__ import annotations

import pytest
from tests.support import matrix
from tests.support.harmed_runs import GITHUB, LOCAL, demo, whole
from tests.support.outside import KILLS
from tests.support.quick import quick
from tests.support.stages import BUILT, PHASES

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
# The phases between are the same programs in both demos, on another project.
PARTS = {LOCAL: (*PHASES, BUILT), GITHUB: ("fetch-logs", "publish", "report")}


@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("name", PARTS)
def test_killed_before_and_after_every_call(name: str) -> None:
    with demo(name) as stages, quick(stages) as server:
        whole(stages)
        cells = matrix.cells(stages, KILLS, PARTS[name])
        wrong = {str(cell): why for cell in cells if (why := matrix.crash(stages, cell, server))}
        told = "\n".join(f"{cell}: {why[-1500:]}" for cell, why in wrong.items())
        print(f"{len(cells) - len(wrong)} of {len(cells)} ended as if undisturbed")
        assert not wrong, told
