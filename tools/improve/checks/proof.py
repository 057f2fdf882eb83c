"""The proof that a fix is real: seen to fail without it, seen to pass with it, nothing else lost.

Everything is executed in clean checkouts of the base plus the product hunks plus the frozen
reproduction; nothing else of an agent's tree is ever run here. The order is that of the cost; the
numbers of the checks are those of ``records.verdict``.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

from improve.checks import proof_often, proof_speed, proof_suite
from improve.checks.control import RULE as CONTROL
from improve.checks.control import negative_control
from improve.checks.frozen import untouched
from improve.checks.ground import AFTER_RUNS, BEFORE_RUNS, MARGIN_SECONDS, Ground
from improve.checks.held_out import held_out, weighed
from improve.checks.needless import needless
from improve.checks.outside import outside_the_runner
from improve.checks.passing import passes_now, same_failure, why
from improve.checks.proof_order import order_steps
from improve.errors import ImproveError, Unable
from improve.prompts import count
from improve.records import CheckRun, Confidence, Proof, SuiteComparison, Verdict
from improve.records.speed import Repaired
from improve.records.verdict import outcome_of
from improve.workbench import sandbox
from improve.workbench.bench import Tree

ONE_MORE_SECONDS = 3.0  # what a further interpreter may take, besides the test itself


@dataclass
class _Found:
    """What the steps leave behind."""

    steps: list[Verdict] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    starts: int = 0
    suite: SuiteComparison | None = None
    confidence: Confidence | None = None
    repaired: Repaired | None = None
    failing: tuple[str, ...] = ()

    def add(self, step: Verdict) -> None:
        """Raises: _Failed when it refuses the fix: what comes after would show nothing."""
        self.steps.append(step)
        if step.refuses:
            raise _Failed


class _Failed(Exception):
    """A step failed, and those after it would show nothing."""


def prove(ground: Ground, patch: bytes, read: tuple[Verdict, ...] = ()) -> Proof:
    """Run every step; the first that fails ends the proof. ``read``: what reading it left open.

    Raises: nothing for a bad patch: that is a failed step.
    """
    began = time.monotonic()
    found = _Found(list(read))
    try:
        _apply_step(ground, patch, found)
        before_and_after = _paced if ground.check.pace else _often if ground.check.stress else _once
        tree = before_and_after(ground, patch, found)
        _around_steps(ground, patch, tree, found)
        _suite_steps(ground, patch, found)
    except _Failed:
        pass
    return Proof(
        outcome=outcome_of(found.steps),
        patch_sha256=hashlib.sha256(patch).hexdigest(),
        starts=found.starts,
        steps=tuple(found.steps),
        suite=found.suite,
        held_out=found.failing,
        sandbox=sandbox.level(),
        seconds=round(time.monotonic() - began, 2),
        confidence=found.confidence,
        repaired=found.repaired,
        **found.numbers,
    )


def _apply_step(ground: Ground, patch: bytes, found: _Found) -> None:
    try:
        ground.tree("proof", patch)
    except Unable:
        raise
    except ImproveError as error:
        found.add(Verdict(rule="applies", passed=False, reason=error.what.split("\n")[0]))
    told = "the patch applies to a clean checkout of the base"
    found.add(Verdict(rule="applies", passed=True, reason=told))


def _once(ground: Ground, patch: bytes, found: _Found) -> Tree:
    """Three failures before, five passes after; the tree of the proof."""
    ground.measure()
    failed = [run for run in ground.before if same_failure(run, ground.observed)]
    found.numbers.update(before_runs=len(ground.before), before_failures=len(failed))
    told = f"fails on the base, {len(failed)} of {len(ground.before)} runs, with the same signature"
    found.add(Verdict(rule="fails before", passed=len(failed) == BEFORE_RUNS, reason=told))
    tree = ground.tree("proof", patch)
    runs: list[CheckRun] = []
    ground.progress(f"seeing it pass with the fix, {AFTER_RUNS} times")
    for _ in range(AFTER_RUNS):
        runs.append(ground.check.run(tree.path, ground.seconds()))
        if not passes_now(ground.before, runs[-1]):
            break
    passes = sum(passes_now(ground.before, run) for run in runs)
    found.starts += len(runs)
    found.numbers.update(after_runs=len(runs), after_passes=passes)
    told = f"passes with the fix, {passes} of {AFTER_RUNS} runs"
    if passes < AFTER_RUNS:
        told = f"run {len(runs)} with the fix did not pass: {why(runs[-1], ground.before)}"
    found.add(Verdict(rule="passes after", passed=passes == AFTER_RUNS, reason=told))
    _place_steps(ground, tree, runs[-1], found)
    for step in order_steps(ground, patch):
        found.starts += 1
        found.add(step)
    return tree


def _often(ground: Ground, patch: bytes, found: _Found) -> Tree:
    """The steps of an intermittent failure: rates in place of three failures and five passes."""
    ground.measure()
    step, runs, failures = proof_often.seen_before(ground)
    found.numbers.update(before_runs=runs, before_failures=failures)
    found.add(step)
    tree = ground.tree("proof", patch)
    plain = ground.check.some(tree.path, ground.check.node_ids, ground.seconds())
    found.starts += 3  # this one, the replay, and the many runs, which are forks of one
    if not passes_now(ground.before, plain):
        told = f"a plain run with the fix did not pass: {why(plain, ground.before)}"
        found.add(Verdict(rule="passes after", passed=False, reason=told))
    _place_steps(ground, tree, plain, found)
    found.add(proof_often.replayed(ground, tree))
    after = proof_often.seen_after(ground, tree)
    seen = after.run.rate.runs if after.run.rate else 0
    found.numbers.update(after_runs=seen, after_passes=seen - len(after.run.failures))
    found.confidence = after.confidence
    found.add(after.verdict)
    return tree


def _paced(ground: Ground, patch: bytes, found: _Found) -> Tree:
    """The steps of a slow-down: the test passes, and is timed beside both commits."""
    ground.measure()
    found.add(proof_speed.seen_before(ground))
    tree = ground.tree("proof", patch)
    plain = ground.check.once_or_often(tree.path, ground.seconds())
    if not plain.ok:
        told = f"a plain run with the fix did not pass: {why(plain)}"
        found.add(Verdict(rule="passes after", passed=False, reason=told))
    _place_steps(ground, tree, plain, found)
    verdict, timed = proof_speed.seen_after(ground, tree)
    found.repaired = timed.repaired
    runs = timed.repaired.to_good.runs if timed.repaired else 0
    found.starts += 1 + 4 * runs  # four trees a round
    found.numbers.update(before_runs=1, before_failures=1, after_runs=1, after_passes=1)
    found.add(verdict)
    return tree


def _place_steps(ground: Ground, tree: Tree, run: CheckRun, found: _Found) -> None:
    """What was run is the checkout's code, and the test is what it was."""
    foreign = run.foreign_modules
    told = f"imported from elsewhere: {'; '.join(foreign[:3])}"
    told = told if foreign else "only the checkout's code was imported"
    found.add(Verdict(rule="right code", passed=not foreign, reason=told))
    told = "the reproduction stayed what it was, byte for byte"
    found.add(Verdict(rule="frozen", passed=untouched(ground.frozen, tree.path), reason=told))


def _around_steps(ground: Ground, patch: bytes, tree: Tree, found: _Found) -> None:
    """The controls: a wrong expectation, no runner, each hunk taken back."""
    if late := _late(ground, "negative control"):
        found.add(late)
    else:
        # Afresh: what the runs before left in the tree would tell a change which run this is.
        control = negative_control(ground, ground.tree(tree.path.name, patch))
        found.starts += control.applies
        found.add(control)
    if late := _late(ground, "outside the runner"):
        found.add(late)
    else:
        outside, starts = outside_the_runner(ground, tree)
        found.starts += starts
        found.add(outside)
    if late := _late(ground, "hunks"):
        found.add(late.model_copy(update={"warns": True}))
    else:
        hunks, starts = needless(ground, patch, tree)
        found.starts += starts
        found.add(hunks)


def _late(ground: Ground, rule: str) -> Verdict | None:
    """Why a control is left out: what is left of the run's time is the suite's."""
    once = max((run.seconds for run in ground.before), default=1.0)
    suite = ground.suite_before.seconds if ground.suite_before else 0.0
    left = ground.left()
    if ground.check.stress or left > MARGIN_SECONDS + 1.3 * suite + once + ONE_MORE_SECONDS:
        return None
    told = f"not shown: {count(int(left), 'second')} of the run's time were left"
    return Verdict(rule=rule, passed=False, shown=False, reason=told)


def _suite_steps(ground: Ground, patch: bytes, found: _Found) -> None:
    tree = ground.tree("suite-after", patch, with_test=False)
    after, found.suite = proof_suite.suite_after(ground, tree)
    found.starts += 1
    for verdict in proof_suite.verdicts(ground, after, found.suite):
        found.add(verdict)
    held = held_out(ground, after, tree, found.suite.flaky)
    found.starts += held.starts
    found.failing = held.failing
    control = next((one for one in found.steps if one.rule == CONTROL), None)
    found.add(weighed(ground, tree, held.verdict, control))
