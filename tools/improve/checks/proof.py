"""The proof that a fix is real: seen to fail without it, seen to pass with it, nothing else lost.

Everything is executed in clean checkouts of the base plus the product hunks plus the frozen
reproduction; nothing else of an agent's tree is ever run here.
"""

from __future__ import annotations

import time
from typing import Literal

from improve.checks.frozen import untouched
from improve.checks.ground import AFTER_RUNS, BEFORE_RUNS, Ground
from improve.checks.suite import compare
from improve.errors import ImproveError
from improve.evidence import compare as compare_failures
from improve.records import CheckRun, Failure, Proof, SuiteComparison, Verdict


def prove(ground: Ground, patch: bytes) -> Proof:
    """Run every step; the first that fails ends the proof.

    Raises: nothing for a bad patch: that is a failed step.
    """
    began = time.monotonic()
    steps: list[Verdict] = []
    numbers: dict[str, int] = {}
    suite: SuiteComparison | None = None
    try:
        _apply_step(ground, patch, steps)
        _before_step(ground, steps, numbers)
        _after_step(ground, patch, steps, numbers)
        if all(step.passed for step in steps):
            suite = _suite_step(ground, patch, steps)
    except _Failed:
        pass
    return Proof(
        outcome=_outcome(steps),
        steps=tuple(steps),
        suite=suite,
        seconds=round(time.monotonic() - began, 2),
        **numbers,
    )


def _outcome(steps: list[Verdict]) -> Literal["verified", "unverified", "rejected"]:
    if any(not step.passed and step.shown for step in steps):
        return "rejected"
    return "verified" if all(step.passed for step in steps) else "unverified"


class _Failed(Exception):
    """A step failed, and those after it would show nothing."""


def _note(steps: list[Verdict], rule: str, passed: bool, reason: str) -> None:
    steps.append(Verdict(rule=rule, passed=passed, reason=reason))
    if not passed:
        raise _Failed


def _apply_step(ground: Ground, patch: bytes, steps: list[Verdict]) -> None:
    try:
        ground.tree("proof", patch)
    except ImproveError as error:
        _note(steps, "applies", False, error.what.split("\n")[0])
    _note(steps, "applies", True, "the patch applies to a clean checkout of the base")


def _before_step(ground: Ground, steps: list[Verdict], numbers: dict[str, int]) -> None:
    ground.measure()
    failed = [run for run in ground.before if same_failure(run, ground.observed)]
    numbers.update(before_runs=len(ground.before), before_failures=len(failed))
    good = len(failed) == BEFORE_RUNS
    reason = (
        f"fails on the base, {len(failed)} of {len(ground.before)} runs, with the same signature"
    )
    _note(steps, "fails before", good, reason)


def _after_step(
    ground: Ground, patch: bytes, steps: list[Verdict], numbers: dict[str, int]
) -> None:
    tree = ground.tree("proof", patch)
    runs: list[CheckRun] = []
    for number in range(AFTER_RUNS):
        ground.progress(f"passing with the fix: {number} of {AFTER_RUNS}")
        runs.append(ground.check.run(tree.path, ground.seconds()))
        if not runs[-1].ok:
            break
    passes = sum(run.ok for run in runs)
    numbers.update(after_runs=len(runs), after_passes=passes)
    reason = f"passes with the fix, {passes} of {AFTER_RUNS} runs"
    if passes < AFTER_RUNS:
        reason = f"run {len(runs)} with the fix did not pass: {why(runs[-1])}"
    _note(steps, "passes after", passes == AFTER_RUNS, reason)
    foreign = runs[-1].foreign_modules
    _note(
        steps, "right code", not foreign,
        f"imported from elsewhere: {'; '.join(foreign[:3])}" if foreign else "only the checkout's code was imported",
    )  # fmt: skip
    _note(
        steps,
        "frozen",
        untouched(ground.frozen, tree.path),
        "the reproduction stayed what it was, byte for byte",
    )


def _suite_step(ground: Ground, patch: bytes, steps: list[Verdict]) -> SuiteComparison:
    assert ground.suite_before is not None  # noqa: S101 - `measure` has run
    tree = ground.tree("suite-after", patch, with_test=False)
    ground.progress("running the whole suite with the fix")
    after = ground.check.suite(tree.path, min(ground.suite_seconds, max(1.0, ground.left())))
    result = compare(
        ground.suite_before, after,
        lambda nodes: ground.check.some(tree.path, nodes, min(ground.suite_seconds, max(1.0, ground.left()))),
    )  # fmt: skip
    steps.append(_suite_verdict(result))
    left_failing = [n for n in ground.originals if after.outcomes.get(n) in ("failed", "error")]
    if left_failing and result.complete:
        steps.append(
            Verdict(
                rule="original tests",
                passed=False,
                reason=f"still failing: {', '.join(left_failing[:3])}",
            )
        )
    return result


def _suite_verdict(result: SuiteComparison) -> Verdict:
    if not result.complete:
        return Verdict(rule="suite", passed=False, shown=False, reason=f"not shown: {result.note}")
    problems = []
    if result.missing:
        problems.append(
            f"{len(result.missing)} tests are no longer collected ({result.missing[0]}, ...)"
        )
    if result.newly_failing:
        problems.append(
            f"{len(result.newly_failing)} tests fail now ({', '.join(result.newly_failing[:3])})"
        )
    numbers = f"{result.before_passed} passed before, {result.after_passed} after"
    return Verdict(
        rule="suite",
        passed=not problems,
        reason="; ".join(problems) or f"no new failure: {numbers}",
    )


def same_failure(run: CheckRun, expected: Failure) -> bool:
    """One of the run's failures is the expected one."""
    return any(compare_failures(expected, failure).same for failure in run.failures)


def why(run: CheckRun) -> str:
    """In one line, why a run does not count as a pass."""
    if run.timed_out:
        return "it ran into its time limit"
    if not run.complete:
        return f"it ended without a complete result (status {run.returncode}), which proves nothing"
    if run.failures:
        first = run.failures[0]
        return f"{first.error_type or 'failure'}: {first.message}"[:300]
    if not any(outcome == "passed" for outcome in run.outcomes.values()):
        return "no test ran to a pass (all skipped or none collected)"
    return f"status {run.returncode}"
