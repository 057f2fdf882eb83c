"""The proof of a fix for an order dependence: beside the tests in their order, the suite in its.

That polluter and victim pass in one file shows the fix for these two. That the test still passes
alone, and in the order of the whole suite that was seen to fail, shows it for the failure. The
control: without the fix that very order still fails, each time; else its passing would say nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from improve.checks.check import SUITE_OPTIONS
from improve.checks.ground import Ground
from improve.checks.order import Suite, replay_order
from improve.checks.passing import why
from improve.checks.vendored import options
from improve.records import Verdict
from improve.workbench.bench import Tree

ALONE, ORDER, CONTROL = "alone", "failing order", "order control"
LEAST_SECONDS = 5.0
CONTROL_RUNS = 3


def order_steps(ground: Ground, patch: bytes) -> Iterator[Verdict]:
    """What else an order dependence asks of a fix; nothing for every other failure."""
    order = ground.order
    if order is None:
        return
    tree = ground.tree("order", patch, with_test=False)
    ground.progress("seeing the test pass alone, and in the order that failed")
    run = ground.check.some(tree.path, (order.victim,), ground.seconds())
    told = "passes alone" if run.ok else f"does not pass alone: {why(run)}"
    yield Verdict(rule=ALONE, passed=run.ok, reason=told)
    place = ground.run / order.recorded
    if not order.recorded or not place.is_file():
        return
    ids = [str(one) for one in json.loads(place.read_text("utf-8"))]
    limit = max(LEAST_SECONDS, min(ground.suite_seconds, ground.left() / 2))
    after = replay_order(_suite(ground, tree), ids, limit)
    if after.timed_out:
        told = f"not shown: the {len(ids)} tests of that order took longer than {limit:.0f} s"
        yield Verdict(rule=ORDER, passed=False, shown=False, reason=told)
        return
    good = after.complete and after.outcomes.get(order.victim) == "passed"
    told = f"the test passes in {order.order}, after {len(ids) - 1} others"
    if not good:
        seen = after.outcomes.get(order.victim, "not run")
        told = f"in {order.order} the test is {seen}: {why(after)}"
    yield Verdict(rule=ORDER, passed=good, reason=told)
    if good:
        yield _control(ground, order.victim, ids, after.seconds)


def _control(ground: Ground, victim: str, ids: list[str], seconds: float) -> Verdict:
    """The same order without the fix, as often as three times; ``seconds`` is what one run takes."""
    ground.progress("seeing that order fail without the fix")
    tree = ground.tree("order-before", b"", with_test=False)
    ended: list[str] = []
    while len(ended) < CONTROL_RUNS:
        if ended and ground.left() < 4 * seconds:
            break
        limit = max(LEAST_SECONDS, min(3 * seconds + LEAST_SECONDS, ground.left() / 2))
        run = replay_order(_suite(ground, tree), ids, limit)
        ended.append(run.outcomes.get(victim, "not run"))
    failed = sum(one in ("failed", "error") for one in ended)
    good = failed == len(ended)
    told = f"without the fix the test fails in that order, {failed} of {len(ended)} runs"
    # It says nothing against the fix: the order is no proof of it, that is all.
    return Verdict(
        rule=CONTROL, passed=good, shown=good, reason=told if good else f"not shown: {told}"
    )


def _suite(ground: Ground, tree: Tree) -> Suite:
    switches = options(tree.path, ground.check.toolkit_prefix, suite=True)
    return Suite(tree.path, ground.check.environment, (*SUITE_OPTIONS, *switches))
