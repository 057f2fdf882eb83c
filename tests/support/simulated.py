"""Runs that are drawn, not made; what judges them is the product's own procedure, step by step.

``Drawn`` stands where a check stands, and fails at a fixed rate. ``proof`` then asks
``checks.proof_often`` as ``checks.proof`` does: its stopping rule, its statistics, its words; and
``searched`` asks ``reproduction.measure`` and ``evidence.cause``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, cast

from improve.checks import proof_often
from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.checks.stress import Stress, measuring
from improve.evidence.cause import cause
from improve.records import CheckRun, Confidence, Failure, Rate, TargetEnvironment
from improve.records.cause import Cause
from improve.reproduction.candidates import candidates
from improve.reproduction.measure import Measured, measure
from improve.workbench.bench import Bench, Tree

HERE = TargetEnvironment(python="python", python_version="3", key="", source="")
BUG = Failure(error_type="AssertionError", message="assert 1 == 2", signature="bug")
TREE = cast(Tree, type("Nowhere", (), {"path": Path("nowhere")}))
FIXED = (5, 20, 100)  # the rules of others: so many passes are a fix


@dataclass(frozen=True)
class Drawn(Check):
    """Fails in a share of all runs, ``rates[-1]``, at ``pace`` runs a second of a simulated clock."""

    rates: list[float] = field(default_factory=lambda: [0.1])
    draw: random.Random = field(default_factory=random.Random)
    pace: float = math.inf  # type: ignore[assignment] - nothing is timed here
    spent: list[float] = field(default_factory=lambda: [0.0])  # seconds

    def often(self, tree: Path, stress: Stress, seconds: float) -> CheckRun:
        runs, failures = 0, 0
        most = int(min(stress.runs, seconds * self.pace))
        while failures < stress.until and runs < most:
            runs += until_failure(self.draw, self.rates[-1])
            failures += runs <= most
        rate = Rate(amplifier=stress.amplifier, failures=failures, runs=min(runs, most))
        self.spent[0] += rate.runs / self.pace
        return CheckRun(
            command=(), seconds=rate.runs / self.pace, returncode=bool(failures), rate=rate,
            complete=True, failures=(BUG,) * failures,
        )  # fmt: skip


class Search(NamedTuple):
    """What was found, what is called the cause, and the seconds that it took."""

    found: Measured
    cause: Cause
    seconds: float

    @property
    def setting(self) -> str:
        return self.found.stress.amplifier if self.found.stress else ""


class Proof(NamedTuple):
    """Whether the fix is accepted, the runs before and after, and what is told of them."""

    accepted: bool
    before: int
    after: int
    confidence: Confidence | None
    reason: str


def until_failure(draw: random.Random, rate: float) -> int:
    """Runs up to the first that fails, that one included."""
    if rate <= 0 or rate >= 1:
        return 1 if rate >= 1 else 1 << 40
    return 1 + int(math.log(1 - draw.random()) / math.log1p(-rate))


def ground(check: Drawn, seconds: float = 1e9) -> Ground:
    """The ground of a run that has ``seconds`` left, with its base measured."""
    made = Ground(
        bench=cast(Bench, None), run=Path("nowhere"), check=check, base_commit="", frozen=(),
        observed=BUG, originals=(), suite_seconds=0, progress=lambda _text: None,
        left=lambda: seconds - check.spent[0],
    )  # fmt: skip
    assert check.stress
    made.before = [check.often(TREE.path, measuring(check.stress), made.left() / 5)]
    return made


def proof(draw: random.Random, before: float, after: float, **given: float) -> Proof:
    """One proof of a fix under which runs fail at the rate ``after``; ``seconds``, ``pace``."""
    check = Drawn(HERE, ("t.py::a",), stress=Stress("plain"), rates=[before], draw=draw,
                  pace=given.get("pace", math.inf))  # fmt: skip
    made = ground(check, given.get("seconds", 1e9))
    seen, runs, _failures = proof_often.seen_before(made)
    if not seen.passed:
        return Proof(False, runs, 0, None, seen.reason)
    check.rates.append(after)
    shown = proof_often.seen_after(made, TREE)
    done = shown.run.rate.runs if shown.run.rate else 0
    return Proof(shown.verdict.passed, runs, done, shown.confidence, shown.verdict.reason)


def accepted(draw: random.Random, before: float, after: float) -> bool:
    """Whether that fix is accepted, where there is all the time in the world."""
    return proof(draw, before, after).accepted


def searched(
    draw: random.Random,
    plain: float,
    moved: Mapping[str, float] | None = None,
    pace: float = 40,
    at_import: float = 0,
) -> Search:
    """One search among all settings, in 300 s; ``moved`` are those with another rate than plain.

    ``at_import`` is the share of interpreters that fail whatever they run, with all their forks.
    """
    check, rates = Drawn(HERE, rates=[plain], draw=draw, pace=pace), dict(moved or {})

    def often(stress: Stress, seconds: float) -> CheckRun:
        check.rates[-1] = rates.get(stress.amplifier, plain)
        if at_import:
            alone = stress.processes or "hash-seed" in stress.amplifier
            check.rates[-1] = at_import if alone else float(draw.random() < at_import)
        return check.often(TREE.path, stress, seconds)

    found = measure(
        often, BUG, candidates(None, ()), 0.1, lambda: 300 - check.spent[0], lambda _text: None
    )
    chosen = found.rates[-1] if found.stress else None
    return Search(found, cause(chosen, found.compared, BUG), check.spent[0])
