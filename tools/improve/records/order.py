"""Order dependence: a test whose outcome is decided by the tests that ran before it.

Words: a *victim* passes alone and fails after its *polluters*; a *brittle* test fails alone and
passes after its *state-setters*; a *cleaner* lets a victim pass again. Source: Shi et al.,
iFixFlakies (ESEC/FSE 2019), and Lam et al., iDFlakies (ICST 2019).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from improve.records.base import Record


class SharedState(Record):
    """A place that the other tests change. Texts come from the target and are redacted."""

    place: str = Field(description="As a reader looks it up, e.g. 'shop.prices.RATES'.")
    kind: str = Field("", description="attribute, environment, default, cache, fixture, file, ...")
    was: str = Field("", description="Before the other tests, shortened.")
    now: str = Field("", description="After them, shortened.")
    home: str = Field("", description="File of the target that the place is in; '' for none.")
    shared: bool = Field(
        False, description="With this one place put back the outcome turned: it is the cause."
    )
    file: str = Field("", description="The line that changed it, relative to the tree; '' unknown.")
    line: int = 0
    function: str = ""


class OrderDependence(Record):
    """Which tests decide a test's outcome, in which order, and through what."""

    role: Literal["victim", "brittle"]
    victim: str = Field(description="Node id of the test that the log shows failing.")
    others: tuple[str, ...] = Field(description="Its polluters or state-setters, in their order.")
    cleaner: str = Field("", description="A test that lets the victim pass again; '' none found.")
    order: str = Field(description="The order of the suite that showed it, in words.")
    recorded: str = Field("", description="That order's node ids: a file in the run folder.")
    before: int = Field(0, description="Tests that ran before the victim in that order.")
    collected: int = 0
    alone: tuple[int, int] = Field((0, 0), description="Failures and runs, alone.")
    company: tuple[int, int] = Field((0, 0), description="Failures and runs in that order.")
    pair: tuple[int, int] = Field((0, 0), description="Failures and runs after the others alone.")
    suite_runs: int = Field(0, description="Runs of the suite or of a part of more than 3 tests.")
    halvings: int = Field(0, description="Runs that narrowed the order down to the others.")
    runs: int = Field(0, description="All runs, each isolated.")
    seconds: float = 0
    state: tuple[SharedState, ...] = ()
    leak: Literal["product", "tests", "unknown"] = Field(
        "unknown", description="Where the line is that leaves the shared state behind."
    )
    suggestion: str = Field("", description="For the tests' authors: how a test can put it back.")

    @property
    def shared(self) -> SharedState | None:
        """The place that was shown to be the cause."""
        return next((one for one in self.state if one.shared), None)
