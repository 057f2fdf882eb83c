"""The proof that a fix is real: seen to fail without it, seen to pass with it, nothing else lost.

Everything is executed in clean checkouts of the base plus the product hunks plus the frozen
reproduction; nothing else of an agent's tree is ever run here.
"""

from __future__ import annotations

import time
from typing import Literal

from improve.checks import proof_often
from improve.checks.control import negative_control
from improve.checks.frozen import untouched
from improve.checks.ground import AFTER_RUNS, BEFORE_RUNS, Ground
from improve.checks.passing import passes_now, same_failure, unpassed, why
from improve.checks.suite import compare
from improve.errors import ImproveError
from improve.records import CheckRun, Confidence, Proof, SuiteComparison, Verdict
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
    confidence: Confidence | None = None
    try:
        _apply_step(ground, patch, steps)
        if ground.check.stress:
            confidence = _often_steps(ground, patch, steps, numbers)
        else:
            _before_step(ground, steps, numbers)
            _after_step(ground, patch, steps, numbers)
        if all(step.passed or not step.shown for step in steps):
            suite = _suite_step(ground, patch, steps)
    except _Failed:
        pass
    return Proof(
        outcome=_outcome(steps),
        steps=tuple(steps),
        suite=suite,
        sandbox=sandbox.level(),
        seconds=round(time.monotonic() - began, 2),
        confidence=confidence,
        **numbers,
    )


def _outcome(steps: list[Verdict]) -> Literal["verified", "unverified", "rejected"]:
    if any(not step.passed and step.shown for step in steps):
        return "rejected"
    return "verified" if all(step.passed for step in steps) else "unverified"


class _Failed(Exception):
    """A step failed, and those after it would show nothing."""


def _note(steps: list[Verdict], rule: str, passed: bool, reason: str) -> None:
    _add(steps, Verdict(rule=rule, passed=passed, reason=reason))


def _add(steps: list[Verdict], step: Verdict) -> None:
    steps.append(step)
    if step.shown and not step.passed:
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
    _place_steps(ground, tree, runs[-1], steps)


def _often_steps(
    ground: Ground, patch: bytes, steps: list[Verdict], numbers: dict[str, int]
) -> Confidence | None:
    """The steps of an intermittent failure: rates in place of three failures and five passes."""
    ground.measure()
    step, runs, failures = proof_often.seen_before(ground)
    numbers.update(before_runs=runs, before_failures=failures)
    _add(steps, step)
    tree = ground.tree("proof", patch)
    plain = ground.check.some(tree.path, ground.check.node_ids, ground.seconds())
    if not passes_now(ground.before, plain):
        reason = f"a plain run with the fix did not pass: {why(plain, ground.before)}"
        _note(steps, "passes after", False, reason)
    _place_steps(ground, tree, plain, steps)
    _add(steps, proof_often.replayed(ground, tree))
    after = proof_often.seen_after(ground, tree)
    seen = after.run.rate.runs if after.run.rate else 0
    numbers.update(after_runs=seen, after_passes=seen - len(after.run.failures))
    _add(steps, after.verdict)
    return after.confidence


def _place_steps(ground: Ground, tree: Tree, run: CheckRun, steps: list[Verdict]) -> None:
    """What was run is the checkout's code, and the test is what it was."""
    foreign = run.foreign_modules
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
