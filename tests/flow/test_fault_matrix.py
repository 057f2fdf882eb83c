"""Seven faults at every program that a run calls: it ends rightly, or says honestly that it did not.

No fault may end in "done", in a wrong verdict about the target or in a lost run: once its cause is
gone, ``--resume`` gets to the right end. With each push one call of some phases, others with each
commit; the whole matrix at night. FLOW_SEED=<seed> makes the same sample again.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from tests.support import matrix
from tests.support.harmed_runs import GITHUB, LOCAL, chosen, demo, ends_right, harmed, seed, whole
from tests.support.outside import FAULTS
from tests.support.stages import PHASES

pytestmark = pytest.mark.slow
QUICK = tuple(fault for fault in FAULTS if fault != "hang")  # that one is waited for
VERBS = ("validate", "reproduce", "fix", "publish")  # the others call no program in this demo
PARTS = {LOCAL: PHASES, GITHUB: ("fetch-logs", "publish", "report")}


def test_after_a_fault_in_each_phase_a_run_gets_to_the_right_end() -> None:
    dice = random.Random(seed())
    with demo(LOCAL) as stages:
        cells = chosen(dice, VERBS, QUICK)
        print(f"FLOW_SEED={seed()}", *cells, sep="\n  ")
        ends_right(stages, harmed(stages, cells))


@pytest.mark.nightly
@pytest.mark.timeout(21_600)
@pytest.mark.parametrize("how", FAULTS)
@pytest.mark.parametrize("name", PARTS)
def test_a_fault_at_every_call(name: str, how: str) -> None:
    with demo(name) as stages:
        whole(stages)
        ended: Counter[str] = Counter()
        wrong = {}
        for cell in matrix.cells(stages, (how,), PARTS[name]):
            end, why = matrix.fault(stages, cell)
            ended[end] += not why
            if why:
                wrong[str(cell)] = f"({end}) {why[-1500:]}"
        print(f"{how}: {dict(ended)}, wrong: {len(wrong)}")
        assert not wrong, "\n".join(f"{cell}: {why}" for cell, why in wrong.items())


@pytest.mark.nightly
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
        end, why = matrix.fault(stages, cell)
        assert (end, "origin.git: " in why) == ("right", True), (end, why)
