"""Check 6: the whole suite with the fix, against what it was without."""

from __future__ import annotations

from improve.checks.ground import Ground
from improve.checks.held_out import held_out
from improve.checks.passing import unpassed
from improve.checks.suite import compare, whole
from improve.records import CheckRun, SuiteComparison, Verdict
from improve.workbench.bench import Tree


def suite_after(ground: Ground, tree: Tree) -> tuple[CheckRun, SuiteComparison]:
    """Run the suite in ``tree`` (base + fix, without the reproduction), and compare it."""
    assert ground.suite_before is not None  # noqa: S101 - `measure` has run
    ground.progress("running the whole suite with the fix")
    after = ground.check.suite(tree.path, min(ground.suite_seconds, max(1.0, ground.left())))
    limit = min(ground.suite_seconds, max(1.0, ground.left()))
    return after, compare(
        ground.suite_before,
        after,
        lambda nodes: ground.check.some(tree.path, nodes, limit),
        lambda: ground.check.collect(ground.tree("suite-before", b"", with_test=False).path, limit),
    )


def verdicts(ground: Ground, after: CheckRun, result: SuiteComparison) -> list[Verdict]:
    """On the suite, and on the tests that CI saw fail."""
    found = [_suite_verdict(result)]
    left = _left_failing(ground, after)
    if left and result.complete:
        told = f"still not passing: {', '.join(left[:3])}"
        found.append(Verdict(rule="original tests", passed=False, reason=told))
    return found


def broken_by(ground: Ground, tree: Tree, seconds: float) -> tuple[str, ...]:
    """Tests of the suite that a tree as it stands breaks, or does not repair though it should.

    () when the time does not allow to look.
    """
    before = ground.suite_before
    if before is None or not before.complete or 2 * before.seconds > seconds:
        return ()
    after = ground.check.suite(tree.path, 2 * before.seconds + 10)
    if not after.complete:
        return ("the suite did not come to its end",)
    result = compare(before, after, lambda nodes: ground.check.some(tree.path, nodes, seconds))
    left = _left_failing(ground, after) if result.complete else []
    failing = (
        held_out(ground, after, tree, result.flaky).failing
        if whole(before) and whole(after)
        else ()
    )
    return tuple(dict.fromkeys((*result.newly_failing, *left, *failing)))


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
