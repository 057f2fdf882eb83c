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


def test_a_workbench_that_a_killed_run_left_is_seen_where_nobody_removes_it() -> None:
    """The control: a matrix that could not go red would show nothing."""
    with demo(LOCAL) as stages:
        place = stages.kit.top / "tools" / "improve" / "workbench" / "bench.py"
        removed = "    remove(place)\n    try:\n        git = _make("
        assert removed in place.read_text(), "the removal has moved"
        place.write_text(place.read_text().replace(removed, removed.partition("\n")[2]))
        stages.record()
        (cell,) = (
            cell
            for cell in matrix.cells(stages, ("kill-after",), ("publish",))
            if cell.call.words.startswith("git push")
        )
        with quick(stages) as server:
            why = matrix.crash(stages, cell, server)
        assert "cannot be resumed" in why or "cache/workbenches: " in why, why
