"""The proof that a fix is real: seen to fail without it, seen to pass with it, nothing else lost.

Everything is executed in clean checkouts of the base plus the product hunks plus the frozen
reproduction; nothing else of an agent's tree is ever run here.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from improve.checks.control import negative_control
from improve.checks.frozen import untouched
from improve.checks.ground import AFTER_RUNS, BEFORE_RUNS, Ground
from improve.checks.suite import compare
from improve.errors import ImproveError
from improve.evidence import compare as compare_failures
from improve.records import CheckRun, Failure, Proof, SuiteComparison, Verdict
from improve.workbench import sandbox
from improve.workbench.bench import Tree


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
        sandbox=sandbox.level(),
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
    ground.progress(f"seeing it pass with the fix, {AFTER_RUNS} times")
    for _ in range(AFTER_RUNS):
        runs.append(ground.check.run(tree.path, ground.seconds()))
        if not passes_now(ground.before, runs[-1]):
            break
    passes = sum(passes_now(ground.before, run) for run in runs)
    numbers.update(after_runs=len(runs), after_passes=passes)
    reason = f"passes with the fix, {passes} of {AFTER_RUNS} runs"
    if passes < AFTER_RUNS:
        reason = f"run {len(runs)} with the fix did not pass: {why(runs[-1], ground.before)}"
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
    control = negative_control(ground, tree)
    if control is not None:
        _note(steps, control.rule, control.passed, control.reason)


def _suite_step(ground: Ground, patch: bytes, steps: list[Verdict]) -> SuiteComparison:
    assert ground.suite_before is not None  # noqa: S101 - `measure` has run
    tree = ground.tree("suite-after", patch, with_test=False)
    ground.progress("running the whole suite with the fix")
    after = ground.check.suite(tree.path, min(ground.suite_seconds, max(1.0, ground.left())))
    limit = min(ground.suite_seconds, max(1.0, ground.left()))
    result = compare(
        ground.suite_before,
        after,
        lambda nodes: ground.check.some(tree.path, nodes, limit),
        lambda: ground.check.collect(ground.tree("suite-before", b"", with_test=False).path, limit),
    )
    steps.append(_suite_verdict(result))
    left_failing = _left_failing(ground, after)
    if left_failing and result.complete:
        steps.append(
            Verdict(
                rule="original tests",
                passed=False,
                reason=f"still not passing: {', '.join(left_failing[:3])}",
            )
        )
    return result


def broken_by(ground: Ground, tree: Tree, seconds: float) -> tuple[str, ...]:
    """Tests of the suite that a tree as it stands breaks; () when the time does not allow to look."""
    before = ground.suite_before
    if before is None or not before.complete or 2 * before.seconds > seconds:
        return ()
    after = ground.check.suite(tree.path, 2 * before.seconds + 10)
    if not after.complete:
        return ("the suite did not come to its end",)
    result = compare(before, after, lambda nodes: ground.check.some(tree.path, nodes, seconds))
    return result.newly_failing


def _left_failing(ground: Ground, after: CheckRun) -> list[str]:
    # One that is skipped or gone has not been repaired either.
    left = unpassed([ground.suite_before] if ground.suite_before else [], after)
    return [
        node
        for node in ground.originals
        if node in left or after.outcomes.get(node) in ("failed", "error")
    ]


def unpassed(before: Sequence[CheckRun], after: CheckRun) -> tuple[str, ...]:
    """Tests that failed without the fix and do not *pass* with it: skipped, or not there.

    An id without ``::`` is a file that could not be collected; its tests have to run now.
    """
    failed = {
        node
        for run in before
        for node, outcome in run.outcomes.items()
        if outcome in ("failed", "error")
    }
    passed = {node for node, outcome in after.outcomes.items() if outcome == "passed"}
    return tuple(
        node
        for node in sorted(failed)
        if node not in passed and ("::" in node or not any(_within(one, node) for one in passed))
    )


def _within(test: str, place: str) -> bool:
    return not place or test.startswith((f"{place}::", f"{place}/"))


def passes_now(before: Sequence[CheckRun], after: CheckRun) -> bool:
    """The run is good, and everything that failed before was run in it."""
    return after.ok and not unpassed(before, after)


def _suite_verdict(result: SuiteComparison) -> Verdict:
    if not result.complete and not result.newly_failing:
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


def why(run: CheckRun, before: Sequence[CheckRun] = ()) -> str:
    """In one line, why a run does not count as a pass; ``before`` are the runs without the fix."""
    if run.ok and (left := unpassed(before, run)):
        return f"{left[0]} failed before and is {run.outcomes.get(left[0], 'not run')} now"
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
