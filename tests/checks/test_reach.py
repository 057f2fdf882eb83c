"""What a proof is said to hold for: with one input, no more than was shown of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from improve.checks.ground import Ground
from improve.checks.held_out import weighed
from improve.forge import pull_request_file
from improve.records import Attempt, Failure, Fix, Proof, Reproduction, Verdict
from improve.records.verdict import NO_INPUTS, outcome_of, reach

ALONE = Verdict(rule="held-out inputs", passed=True, applies=False, reason="it stands alone")
OTHERS = Verdict(rule="held-out inputs", passed=True, reason="2 other inputs held")
NONE = Verdict(rule="negative control", passed=True, applies=False, reason="no expectation")
SEEN = Verdict(rule="negative control", passed=True, reason="it fails")
STEPS = tuple(
    Verdict(rule=rule, passed=True, reason="seen")
    for rule in ("applies", "fails before", "suite", "outside the runner")
)


def ground(**kind: Any) -> Ground:
    check = {"command": "", "stress": None, "pace": None, "order": None, **kind}
    return cast(Ground, SimpleNamespace(check=SimpleNamespace(**check), order=check["order"]))


def judged(held: Verdict, control: Verdict, **kind: Any) -> Verdict:
    return weighed(ground(**kind), cast(Any, None), held, control)


def test_one_input_and_no_expectation_to_make_wrong_is_not_verified() -> None:
    told = judged(ALONE, NONE)
    assert told.said == "not shown" and told.reason.endswith("it stands alone; and no expectation")
    assert outcome_of((*STEPS, NONE, told)) == "unverified"
    assert outcome_of((*STEPS, NONE, judged(OTHERS, NONE))) == "verified"


@pytest.mark.parametrize("kind", ["command", "stress", "pace", "order"])
def test_what_has_controls_of_its_own_is_left_to_them(kind: str) -> None:
    assert judged(ALONE, NONE, **{kind: "x"}) == ALONE


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (ALONE, "for the one input that the test has"),
        (ALONE.model_copy(update={"reason": NO_INPUTS}), "for what the command asks"),
        (OTHERS, ""),
    ],
)
def test_the_word_in_the_pull_request_says_for_what(held: Verdict, words: str) -> None:
    steps = (*STEPS, SEEN, held)
    assert reach(steps) == words and outcome_of(steps) == "verified"
    proof = Proof(outcome="verified", steps=steps)
    attempt = Attempt(number=1, agent="embedded", outcome="kept", files=("a.py",), proof=proof)
    seen = Reproduction(outcome="reproduced", commit="1" * 40, observed=Failure())
    text = pull_request_file.pull_request(
        Path(__file__).parents[2], "fix: x", "fix/x", seen, Fix(outcome="fixed", base="main"), attempt, (),
        None, verdict=("verified", ()),
    )  # fmt: skip
    line = next(one for one in text.splitlines() if one.startswith("**VERIFIED**"))
    told = f"**VERIFIED** {words}".rstrip()
    assert line == f"{told}: each check below that applies was shown."
