"""What a check saw: one execution of some tests (or a command), judged from its result file."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Record
from improve.records.evidence import Failure
from improve.records.rates import Rate
from improve.records.speed import Repaired

Outcome = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed"]


class CheckRun(Record):
    """One execution. ``complete`` is false unless the runner itself wrote its closing record.

    An exit status without a complete result file proves nothing, so ``ok`` needs both.
    """

    command: tuple[str, ...]
    returncode: int | None = Field(description="None when it was ended at its time limit.")
    complete: bool
    seconds: float
    outcomes: dict[str, Outcome] = Field(default_factory=dict, description="node id -> outcome.")
    collected: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    foreign_modules: tuple[str, ...] = Field(
        (), description="Product modules imported from outside the tree under test."
    )
    log: str = Field("", description="Last part of what it printed, redacted.")
    timed_out: bool = False
    sandbox: str = Field("", description="The sandbox that it really ran in; '' is not recorded.")
    rate: Rate | None = Field(None, description="Of an intermittent check: its many runs.")
    repaired: Repaired | None = Field(None, description="Of a slow-down: beside both commits.")

    @property
    def ok(self) -> bool:
        """It ran to its end, ran something, and nothing failed."""
        good = ("passed", "xfailed", "skipped", "xpassed")
        return (
            self.complete
            and self.returncode == 0
            and any(o == "passed" for o in self.outcomes.values())
            and all(o in good for o in self.outcomes.values())
        )
