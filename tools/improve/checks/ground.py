"""The ground that every attempt of a run stands on: base, check, frozen test, and what was measured.

The base is seen to fail and its suite is run once a run; both are kept on disk, so that neither a
second attempt nor a resumed session pays for them again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from improve import rundir
from improve.checks.check import Check
from improve.checks.frozen import lay
from improve.checks.pytest_check import repeat
from improve.checks.stress import measuring
from improve.records import CheckRun, Failure, FrozenFile, OrderDependence
from improve.workbench.bench import Bench, Tree

BEFORE_RUNS = 3
AFTER_RUNS = 5
CONTROL_RUNS = 3  # the quick look, a wrong expectation, and outside of the runner
MARGIN_SECONDS = 10.0
LEAST_SECONDS = 10.0  # for measuring how often an intermittent check fails
PACED_LOOKS = 10  # of a slow-down: the look at a fix and its proof, in glances like the one before
SHORTEST_SECONDS = 30.0  # what fails at its import may take much longer when it passes


@dataclass
class Ground:
    """What stays the same over all attempts of a run; ``suite_before`` is measured once."""

    bench: Bench
    run: Path
    check: Check
    base_commit: str
    frozen: tuple[FrozenFile, ...]
    observed: Failure
    originals: tuple[str, ...]  # the node ids that failed in CI
    suite_seconds: float
    left: Callable[[], float]
    progress: Callable[[str], None]
    confidence: float = 0.999  # asked of the proof of an intermittent fix
    order: OrderDependence | None = None  # when the tests before it decide
    before: list[CheckRun] = field(default_factory=list)
    suite_before: CheckRun | None = None

    def tree(self, name: str, patch: bytes, *, with_test: bool = True) -> Tree:
        """Base + patch (+ the frozen reproduction), checked out afresh."""
        tree = self.bench.tree(name, self.base_commit)
        tree.apply(patch)
        self.check.prepare(tree.path)
        if with_test:
            lay(self.run, self.frozen, tree.path)
        return tree

    def measure(self) -> None:
        """See the base fail, and run its suite, once a run; kept on disk for later sessions."""
        if not self.before:
            self.before = self._kept("before", self._see_it_fail)
        if self.suite_before is None:
            self.suite_before = self._kept("suite-before", self._run_suite)[0]

    def _see_it_fail(self) -> list[CheckRun]:
        self.progress("seeing it fail without the fix")
        tree = self.tree("before", b"")
        if self.check.stress:
            stress = dataclasses.replace(measuring(self.check.stress), progress=self.progress)
            return [self.check.often(tree.path, stress, max(LEAST_SECONDS, self.left() / 5))]
        if self.check.pace:  # one look is a measurement of many runs
            return [self.check.run(tree.path, max(LEAST_SECONDS, self.left() / 3))]
        return repeat(
            # A test that hangs may not take the whole run's time with it.
            lambda: self.check.run(tree.path, max(1.0, self.left() / (2 * BEFORE_RUNS))),
            BEFORE_RUNS,
            lambda run: run.ok,
        )

    def _run_suite(self) -> list[CheckRun]:
        self.progress("running the whole suite without the fix")
        tree = self.tree("suite-before", b"", with_test=False)
        return [self.check.suite(tree.path, min(self.suite_seconds, max(1.0, self.left() / 3)))]

    def _kept(self, name: str, make: Callable[[], list[CheckRun]]) -> list[CheckRun]:
        path = self.run / "proof" / f"{name}-{self.base_commit[:12]}.json"
        runs = TypeAdapter(list[CheckRun])
        if path.is_file():
            return runs.validate_json(path.read_bytes())
        made = make()
        if any(run.timed_out for run in made):
            return made  # another session may have more time, and then sees more
        rundir.write_whole(path, runs.dump_json(made))
        return made

    def reserve(self) -> float:
        """Seconds that a proof takes, as far as it is known."""
        once = max((run.seconds for run in self.before), default=1.0)
        suite = self.suite_before.seconds if self.suite_before else 0.0
        times = PACED_LOOKS if self.check.pace else AFTER_RUNS + CONTROL_RUNS
        return MARGIN_SECONDS + times * once + 1.3 * suite

    def seconds(self) -> float:
        """Time limit of one run of the reproduction."""
        slowest = max((run.seconds for run in self.before), default=60.0)
        times = PACED_LOOKS if self.check.pace else 5
        return max(1.0, min(self.left(), max(SHORTEST_SECONDS, times * slowest)))
