"""A check as one value: what must fail before a fix and pass after it, and how to run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.checks import vendored
from improve.checks.command_check import run_command
from improve.checks.pace import Pace, run_paced
from improve.checks.pytest_check import run_pytest
from improve.checks.speed import Timed
from improve.checks.stress import Stress, run_stress
from improve.records import CheckRun, TargetEnvironment
from improve.workbench.environment import overlay

SUITE_OPTIONS = ("--continue-on-collection-errors",)


@dataclass(frozen=True)
class Check:
    """pytest node ids, or any command when ``command`` is given."""

    environment: TargetEnvironment
    node_ids: tuple[str, ...] = ()
    command: str = ""
    toolkit_prefix: str = ""  # where this toolkit lies inside the target, '' when elsewhere
    stress: Stress | None = None  # of an intermittent failure: the setting that shows it
    ordered: bool = False  # the order of ``node_ids`` matters: no plugin may change it
    pace: Pace | None = None  # of a slow-down: what a tree has to be as fast as

    def run(self, tree: Path, seconds: float) -> CheckRun:
        """The check itself: once, or if it is intermittent or about speed, often enough to tell."""
        if self.pace:
            return run_paced(tree, self.timed(), self.pace, seconds)
        return self.once_or_often(tree, seconds)

    def once_or_often(self, tree: Path, seconds: float) -> CheckRun:
        """The check without a look at the time that it takes."""
        if self.command:
            return run_command(tree, self.environment, self.command, seconds)
        if self.stress:
            return self.often(tree, self.stress, seconds)
        return self.some(tree, self.node_ids, seconds)

    def often(self, tree: Path, stress: Stress, seconds: float) -> CheckRun:
        """Many runs under a setting; the result's ``rate`` counts them."""
        world = self.warm_environ(tree)
        return run_stress(tree, self.environment, self.node_ids, stress, seconds, world)

    def timed(self) -> Timed:
        """What is timed, where it is about speed."""
        return Timed(self.environment, self.node_ids, self.command, self.warm_environ)

    def some(self, tree: Path, targets: Sequence[str], seconds: float) -> CheckRun:
        """Some tests of the tree, by node id or file."""
        own = any(target.startswith(self.toolkit_prefix) for target in targets)
        return run_pytest(
            tree,
            self.environment,
            targets,
            timeout=seconds,
            options=(
                *(vendored.options(tree, self.toolkit_prefix) if own else ()),
                *self._in_order(),
            ),
            roots=self.environment.top_level,
        )

    def _in_order(self) -> tuple[str, ...]:
        if not self.ordered:
            return ()
        alone = ("-n", "0") if "pytest-xdist" in self.environment.packages else ()
        return ("-p", "no:randomly", *alone)

    def suite(self, tree: Path, seconds: float) -> CheckRun:
        """Everything that the project's own settings collect."""
        return run_pytest(
            tree,
            self.environment,
            (),
            timeout=seconds,
            options=(*SUITE_OPTIONS, *vendored.options(tree, self.toolkit_prefix, suite=True)),
            roots=self.environment.top_level,
        )

    def collect(self, tree: Path, seconds: float) -> tuple[str, ...]:
        """Node ids of the whole suite, without running it."""
        return run_pytest(
            tree,
            self.environment,
            (),
            timeout=seconds,
            options=(
                "--collect-only",
                *SUITE_OPTIONS,
                *vendored.options(tree, self.toolkit_prefix, suite=True),
            ),
        ).collected

    def warm_environ(self, tree: Path) -> dict[str, str]:
        """Variables that give a warm runner the options of ``some``."""
        own = any(node.startswith(self.toolkit_prefix) for node in self.node_ids)
        return vendored.environ(tree, self.toolkit_prefix) if own else {}

    def prepare(self, tree: Path) -> tuple[str, ...]:
        """Put files that a build makes and git does not hold into a fresh tree; their paths."""
        return overlay(tree, self.environment)
