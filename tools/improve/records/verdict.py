"""A verdict of one check of a fix, the order of the eleven checks, and what they say together.

The order is that of their cost: what needs no run comes first (the static rules, check 10, stand
among them in time). Sources: METR and ImpossibleBench (arXiv 2510.20270) on changes that beat their
judge, UTBoost (arXiv 2506.09289) on fixes that pass the tests and are wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from improve.records.base import Record

ProofOutcome = Literal["verified", "unverified", "rejected"]

CHECKS: dict[int, str] = {
    1: "the diff is a small one of regular text files",
    2: "nothing that judges it was touched",
    3: "the reproduction is the one that was frozen",
    4: "it is run in a clean checkout of the base",
    5: "the failure is there before, and gone after",
    6: "nothing else of the suite is lost",
    7: "with a wrong expectation the test fails",
    8: "it holds for inputs that the agent was not shown",
    9: "every hunk is needed",
    10: "the text goes around nothing",
    11: "it holds outside of the test runner",
}
NUMBERS: dict[str, int] = {
    "size": 1, "form": 1, "protected paths": 2, "build files": 2, "judges": 2,
    "frozen reproduction": 3, "frozen": 3,
    "applies": 4, "right code": 4, "fails before": 5, "passes after": 5, "replayed": 5, "alone": 5,
    "failing order": 5, "order control": 5,
    "suite": 6, "original tests": 6, "negative control": 7, "held-out inputs": 8, "hunks": 9,
    "code": 10, "conduct": 10, "outside the runner": 11,
}  # fmt: skip
NO_INPUTS = "a command has no inputs of its own"
# Without one of these, in whatever words, nothing is called verified.
PROVING = (4, 5, 6, 7, 8, 11)


class Verdict(Record):
    """One rule of the guard or one step of the proof, with its reason."""

    rule: str
    passed: bool
    reason: str
    shown: bool = Field(True, description="False: it could not be shown either way (time ran out).")
    applies: bool = Field(True, description="False: this reproduction has nothing to ask it of.")
    warns: bool = Field(False, description="True: a reader should look; it decides nothing.")

    @property
    def number(self) -> int:
        """Which of the eleven checks it belongs to; 0 for none."""
        return NUMBERS.get(self.rule, 0)

    @property
    def refuses(self) -> bool:
        """It was seen to fail, and that is final."""
        return self.shown and not self.passed and not self.warns

    @property
    def said(self) -> str:
        """The verdict in a word or two."""
        if not self.applies:
            return "does not apply"
        if self.passed:
            return "yes"
        return "not shown" if not self.shown else "look at it" if self.warns else "no"


def outcome_of(verdicts: Iterable[Verdict]) -> ProofOutcome:
    """What a proof's steps say together: rejected by one, verified by all, else unverified."""
    found = list(verdicts)
    if any(one.refuses for one in found):
        return "rejected"
    lacking = set(PROVING) - {one.number for one in found}
    open_ = any(not one.passed and not one.warns for one in found)
    return "unverified" if lacking or open_ else "verified"


def missing(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """What keeps them from being a whole proof, in words."""
    found = list(verdicts)
    there = {one.number for one in found}
    told = [f"{one.rule}: {one.reason}" for one in found if not one.passed and not one.warns]
    return (*told, *(f"not asked: {CHECKS[n]}" for n in PROVING if n not in there))


def reach(verdicts: Iterable[Verdict]) -> str:
    """What a proof holds for, in words to stand behind "verified"; '' when other inputs were tried."""
    held = next((one for one in verdicts if one.number == 8), None)
    if held is None or held.applies:
        return ""
    if held.reason == NO_INPUTS:
        return "for what the command asks"
    return "for the one input that the test has"


def in_order(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """By the number of their check; what belongs to none comes last."""
    return tuple(sorted(verdicts, key=lambda one: one.number or len(CHECKS) + 1))
