"""Seven faults at every program that a run calls: it ends rightly, or says honestly that it did not.

No fault may end in "done", in a wrong verdict about the target or in a lost run: once its cause is
gone, ``--resume`` gets to the right end. The whole matrix, at night; ``test_harmed_run.py`` samples it
with each push.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from tests.support import matrix
from tests.support.harmed_runs import GITHUB, LOCAL, demo, whole
from tests.support.outside import FAULTS
from tests.support.quick import Quick, quick
from tests.support.stages import BUILT, PHASES, Stages

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
PARTS = {LOCAL: (*PHASES, BUILT), GITHUB: ("fetch-logs", "publish", "report")}
Recorded = tuple[Stages, Quick]


@pytest.fixture(scope="module", params=PARTS)
def recorded(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """A demo, run once in peace."""
    with demo(request.param) as stages, quick(stages) as server:
        whole(stages)
        yield stages, server


@pytest.mark.timeout(21_600)
@pytest.mark.parametrize("how", FAULTS)
def test_a_fault_at_every_call(recorded: Recorded, how: str) -> None:
    stages, server = recorded
    ended: Counter[str] = Counter()
    wrong = {}
    for cell in matrix.cells(stages, (how,), PARTS[stages.name]):
        end, why = matrix.fault(stages, cell, server)
        ended[end] += not why
        if why:
            wrong[str(cell)] = f"({end}) {why[-1500:]}"
    print(f"{how}: {dict(ended)}, wrong: {len(wrong)}")
    assert not wrong, "\n".join(f"{cell}: {why}" for cell, why in wrong.items())


def test_without_its_postcondition_a_push_that_did_nothing_is_seen() -> None:
    """The control: a matrix that could not go red would show nothing."""
    with demo(LOCAL) as stages:
        place = stages.kit.top / "tools" / "improve" / "forge" / "local.py"
        looked = " or _remote_commit(bench, origin, ref) != commit"
        assert looked in place.read_text(), "the postcondition has moved"
        place.write_text(place.read_text().replace(looked, ""))
        stages.record()
        (cell,) = (
            cell
            for cell in matrix.cells(stages, ("nothing",), ("publish",))
            if cell.call.words.startswith("git push")
        )
        with quick(stages) as server:
            end, why = matrix.fault(stages, cell, server)
        assert (end, "origin.git: " in why) == ("right", True), (end, why)
