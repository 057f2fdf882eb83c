"""The proof of an intermittent fix, over real runs: what only looks like a fix is refused."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator

import pytest
from tests.support.grounds import seen_to_fail

from improve.checks import proof_often
from improve.checks.ground import Ground
from improve.checks.stress import Stress
from improve.records import Verdict

PRODUCT = """\
import random


def room(names):
    chance = random.random()
    return None if chance < 0.3 else names[0]
"""
TEST = "from lobby import room\n\n\ndef test_room():\n    assert room(['a']) == 'a'\n"
FILES = {"lobby.py": PRODUCT, "test_lobby.py": TEST}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("lobby")
    with seen_to_fail(folder, FILES, "test_lobby.py::test_room", "plain") as made:
        yield made


def judged(ground: Ground, product: str, left: float = 200.0) -> tuple[Verdict, Verdict]:
    """What replaying and what fresh seeds say of that product."""
    ground = dataclasses.replace(ground, left=lambda: left)
    tree = ground.bench.tree("proof", ground.base_commit)
    (tree.path / "lobby.py").write_text(product)
    return proof_often.replayed(ground, tree), proof_often.seen_after(ground, tree).verdict


@pytest.mark.nightly  # a thousand runs
def test_the_right_fix_is_accepted(ground: Ground) -> None:
    replayed, after = judged(ground, PRODUCT.replace("None if chance < 0.3 else ", ""))
    assert replayed.passed and after.passed, (replayed, after)
    assert "0 of 1,000 after" in after.reason


def test_a_fix_that_makes_it_rarer_is_refused(ground: Ground) -> None:
    _replayed, after = judged(ground, PRODUCT.replace("0.3", "0.02"))
    assert after.refuses and "failed in run " in after.reason, after
    failed = re.search(r"failed in run (\d+) \(seed (\d+)\) with the fix", after.reason)
    assert failed, f"no seed to run it again with: {after.reason}"
    assert int(failed[2]) == proof_often.FRESH_SEEDS + int(failed[1]) - 1


def test_a_fix_that_only_slows_is_refused(ground: Ground) -> None:
    slow = PRODUCT.replace("import random", "import random, time").replace(
        "    chance", "    time.sleep(0.02)\n    chance"
    )
    replayed, after = judged(ground, slow)
    first = proof_often.rate_before(ground).seeds[0]
    assert replayed.refuses and f"did not pass (seed {first})" in replayed.reason, replayed
    assert after.refuses, after


def test_a_fix_that_passes_the_recorded_seeds_alone_is_refused(ground: Ground) -> None:
    """It knows what was drawn when it failed: all that replaying looks at."""
    seeds = proof_often.rate_before(ground).seeds
    drawn = {random.Random(f"{seed}-module").random() for seed in seeds}
    known = PRODUCT.replace("if chance < 0.3", f"if chance < 0.3 and chance not in {drawn}")
    replayed, after = judged(ground, known)
    assert replayed.passed, replayed
    assert after.refuses and "failed in run " in after.reason, after


def test_a_fix_that_hangs_in_some_runs_is_refused(ground: Ground) -> None:
    hangs = PRODUCT.replace("import random", "import random, time").replace(
        "None if", "time.sleep(60) if"
    )
    ground = dataclasses.replace(
        ground, check=dataclasses.replace(ground.check, stress=Stress("plain", limit=1.0))
    )
    replayed, after = judged(ground, hangs)
    assert replayed.refuses, replayed
    assert after.refuses and "time limit" in after.reason, after


@pytest.mark.nightly  # many slow runs
def test_a_slow_fix_that_the_time_does_not_allow_to_show_is_neither(ground: Ground) -> None:
    """Two seconds a run: not refused, not proven, and it is told how far it came."""
    slow = PRODUCT.replace("import random", "import random, time").replace(
        "return None if chance < 0.3 else ", "time.sleep(2)\n    return "
    )
    _replayed, after = judged(ground, slow, left=12.0)
    assert not after.passed and not after.refuses, after
    assert "not shown: the time was up after " in after.reason, after
