"""The proof of an intermittent fix, thousands of times over runs that are drawn.

What judges is ``checks.proof_often`` itself (``tests.support.simulated``); ``benchmarks/calibration``
prints the same as a table.
"""

from __future__ import annotations

import random

import pytest
from tests.support.simulated import BUG, HERE, TREE, Drawn, accepted, proof, searched, until_failure

from improve.checks import statistics
from improve.checks.fisher import more_often
from improve.evidence.cause import SURE
from improve.reproduction.candidates import candidates
from improve.reproduction.measure import measure

TRIALS = 5000
BY_NIGHT = pytest.mark.nightly


@pytest.mark.parametrize(
    "rate", [pytest.param(0.02, marks=BY_NIGHT), 0.1, pytest.param(0.3, marks=BY_NIGHT)]
)
def test_a_fix_that_does_nothing_is_not_accepted(rate: float) -> None:
    draw = random.Random(20_26)
    wrong = sum(accepted(draw, rate, rate) for _ in range(TRIALS))
    assert wrong <= TRIALS // 1000, f"{wrong} of {TRIALS} no-op fixes accepted at {rate:.0%}"


@pytest.mark.parametrize("rate", [0.1, pytest.param(0.3, marks=BY_NIGHT)])
def test_ten_times_rarer_is_not_fixed(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, trials = random.Random(11), TRIALS // 5
    wrong = sum(accepted(draw, rate, rate / 10) for _ in range(trials))
    assert wrong <= trials // 100, f"{wrong} of {trials} accepted at {rate:.0%}"
    monkeypatch.setattr(statistics, "FLOOR", 0)
    without = sum(accepted(draw, rate, rate / 10) for _ in range(trials))
    assert without > trials // 10, "the control: without the floor many would be"


def test_five_passes_would_accept_most_of_them() -> None:
    """The control: the drawn runs do show a rule that proves nothing."""
    draw = random.Random(5)
    wrong = sum(until_failure(draw, 0.1) > 5 for _ in range(TRIALS))
    assert 0.56 < wrong / TRIALS < 0.62


def test_a_right_fix_is_accepted_and_the_sentence_has_its_numbers() -> None:
    shown = proof(random.Random(1), 0.41, 0.0)
    assert shown.accepted and shown.confidence
    assert shown.confidence.sentence.startswith(
        f"5 of {shown.before} runs failed before, 0 of 1,000 after: if the bug were still there"
    )
    assert not shown.confidence.not_shown


def test_with_no_time_left_it_is_told_what_was_not_shown() -> None:
    shown = proof(random.Random(1), 0.1, 0.0, pace=5, seconds=45)
    assert not shown.accepted and shown.confidence and shown.before
    told = shown.confidence.not_shown
    assert f"the time was up after {shown.after} of " in told, told
    assert "an unfixed failure would pass them in " in told and told in shown.reason
    rarer = proof(random.Random(1), 0.3, 0.0, pace=5, seconds=200)
    assert rarer.accepted and rarer.confidence and rarer.after < statistics.FLOOR
    assert "that the failure only became rarer, below 0." in rarer.confidence.not_shown


def test_too_few_failures_before_prove_nothing() -> None:
    shown = proof(random.Random(1), 0.001, 0.0, pace=5, seconds=100)
    assert not shown.accepted and "too rarely to prove anything" in shown.reason


@pytest.mark.parametrize("seed", range(10))
def test_three_in_a_hundred_are_reproduced_and_proven_in_five_minutes_each(seed: int) -> None:
    """Ten runs a second, and no setting that makes it fail more often."""
    check = Drawn(HERE, rates=[0.03], draw=random.Random(seed), pace=10.0)

    def left() -> float:
        return 300 - check.spent[0]

    found = measure(
        lambda stress, seconds: check.often(TREE.path, stress, seconds),
        BUG, candidates(None, ()), 0.1, left, lambda _text: None,
    )  # fmt: skip
    assert found.stress is not None and left() > 0, found.rates
    shown = proof(random.Random(seed), 0.03, 0.0, pace=10, seconds=300)
    assert shown.accepted and shown.confidence and shown.confidence.chance <= 0.001, shown


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.09])
def test_a_setting_that_does_nothing_is_not_called_the_cause(rate: float) -> None:
    """The control judges the same setting by the counts that it was chosen for."""
    draw, searches = random.Random(26), [searched(random.Random(n), rate) for n in range(300)]
    named = [one.cause.amplifier for one in searches if one.cause.name != "not known"]
    assert len(named) <= SURE * len(searches), f"at {rate:.0%} {len(named)} of 300: {named}"
    chosen = [one.setting for one in searches if one.setting != "plain"]
    assert len(chosen) <= 0.05 * len(searches), f"at {rate:.0%} {len(chosen)} of 300: {chosen}"
    by_looks = sum(_best_of_fifteen(draw, rate) <= SURE for _ in range(300))
    assert by_looks > 0.02 * len(searches), f"the control: {by_looks} of 300"


@pytest.mark.parametrize("rate", [0.25, 0.5])
def test_what_is_decided_at_import_is_not_a_setting_s_doing(rate: float) -> None:
    """All forks of an interpreter fail or none does: five of five is one draw, and not five."""
    searches = [searched(random.Random(n), 0, at_import=rate) for n in range(200)]
    named = [one.cause.amplifier for one in searches if one.cause.name != "not known"]
    assert len(named) <= SURE * len(searches), f"{len(named)} of 200: {named}"


def _best_of_fifteen(draw: random.Random, rate: float) -> float:
    """Fisher's test on the counts of that of fifteen settings which failed most."""
    plain = sum(draw.random() < rate for _ in range(200))
    most = max(sum(draw.random() < rate for _ in range(40)) for _ in range(15))
    return more_often(most, 40, plain, 200)


@pytest.mark.parametrize(
    ("plain", "moved", "least"),
    [(0.0, 0.03, 95), (0.0, 0.3, 99), (0.02, 0.2, 90), (0.05, 0.5, 80)],
)
def test_a_setting_that_makes_it_fail_is_chosen_and_called_the_cause(
    plain: float, moved: float, least: int
) -> None:
    found = [searched(random.Random(n), plain, {"clock": moved}) for n in range(100)]
    right = sum((one.setting, one.cause.name) == ("clock", "time") for one in found)
    assert right >= least, f"{right} of 100 where it fails in {moved:.0%}, plainly in {plain:.0%}"
    slowest = max(one.seconds for one in found)
    assert slowest < 225, f"a quarter of the time stays for what comes next: {slowest:.0f} s"
