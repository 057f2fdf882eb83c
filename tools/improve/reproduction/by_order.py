"""Reproduce what fails only in company: find the order, the polluter, and what the two share.

The test passes alone. If the suite in some order makes it fail, its polluters and the test, in
that order and in one process, fail every time: the reproduction is a deterministic one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from improve import rundir
from improve.checks.check import SUITE_OPTIONS
from improve.checks.order import Found, Suite, search_order
from improve.checks.stress import Stress
from improve.checks.vendored import options
from improve.errors import ImproveError
from improve.evidence import LoggedOrder, capped_lines, clean_line, compare, logged_order
from improve.evidence.junit_names import junit_order
from improve.evidence.order_words import in_words
from improve.records import Failure, OrderDependence, Reproduction
from improve.reproduction.keep_test import keep_test
from improve.reproduction.make_pair import make_pair
from improve.reproduction.observe import Observation
from improve.reproduction.work import Work, layout_of, result
from improve.workbench.bench import Tree

SHARE = 0.45  # of the time that is left
LEAST_SECONDS = 15.0
LOOK_RUNS, LOOK_SHARE = 100, 0.05  # alone, before the suite is run at all
RECORDED = "failing-order.json"


def by_order(
    work: Work, tree: Tree, node_id: str, seen: Observation, common: Mapping[str, Any]
) -> Reproduction | None:
    """The reproduction, if ``node_id`` fails in company alone; None when that was not found."""
    seconds = SHARE * work.left()
    if seen.failed or not seen.last.ok or "::" not in node_id or seconds < LEAST_SECONDS:
        return None
    if _fails_alone(work, tree, node_id):
        return None
    work.context.progress("it passes alone; looking for an order of the suite in which it fails")
    expected: Failure | None = common["expected"]
    found = _searched(work, tree, node_id, expected, seconds)
    order, failure = found.order, found.failure
    if order is None or failure is None or order.role != "victim":
        work.notes.append(f"Order of the tests, {found.suite_runs} suite runs: {found.why}.")
        return None
    same = compare(expected, failure) if expected else None
    if same is not None and not same.same:
        work.notes.append(f"After {order.others[0]} it fails, but differently: {same.reason}.")
        return None
    rundir.write_whole(work.context.run / RECORDED, _recorded(found))
    order = order.model_copy(update={"recorded": RECORDED})
    told = {
        **common,
        "observed": failure,
        "runs": order.company[1],
        "failed_runs": order.company[0],
    }
    return _kept(work, tree, order, failure, told)


def _fails_alone(work: Work, tree: Tree, node_id: str) -> bool:
    """Whether it is seen to fail now and then without any other test: then no order is to blame.

    A hundred isolated runs cost less than one run of most suites, and what they show is not
    mistaken for the doing of the tests before it.
    """
    if work.validated.request.deterministic:
        return False
    work.context.progress("it passes; looking whether it does so each time, alone")
    look = Stress(runs=LOOK_RUNS, progress=work.context.progress)
    run = work.check((node_id,)).often(tree.path, look, LOOK_SHARE * work.left())
    return run.rate is not None and run.rate.failures > 0


def explain_brittle(work: Work, tree: Tree, node_id: str, kept: Reproduction) -> Reproduction:
    """The same reproduction of a test that fails alone, with the tests that let it pass, if any.

    Looked for only where the request calls the failure intermittent: all others fail in the
    suite as well.
    """
    seconds = SHARE * work.left()
    if work.validated.request.deterministic or "::" not in node_id or seconds < LEAST_SECONDS:
        return kept
    work.context.progress("it fails alone; looking for an order of the suite in which it passes")
    order = _searched(work, tree, node_id, kept.observed, seconds).order
    if order is None or order.role != "brittle":
        return kept
    return kept.model_copy(update={"order": order, "notes": (*kept.notes, in_words(order))})


def _searched(
    work: Work, tree: Tree, node_id: str, expected: Failure | None, seconds: float
) -> Found:
    logged = _logged(work, node_id)
    suite = Suite(
        tree.path,
        work.environment,
        (*SUITE_OPTIONS, *options(tree.path, work.validated.toolkit_prefix, suite=True)),
    )
    error = (expected.error_type or "") if expected else ""
    if logged.seed and "pytest-randomly" in work.environment.packages:
        shuffled = Suite(
            suite.tree, suite.environment, (*suite.options, f"--randomly-seed={logged.seed}")
        )
        found = search_order(shuffled, node_id, seconds / 2, error)
        if found.order is not None:
            named = {"order": f"{found.order.order} with --randomly-seed={logged.seed}"}
            return replace(found, order=found.order.model_copy(update=named))
        seconds /= 2
    return search_order(suite, node_id, seconds, error, logged.before)


def _logged(work: Work, node_id: str) -> LoggedOrder:
    for log in work.evidence.logs:
        with (work.context.run / log.path).open("rb") as stream:
            lines = (clean_line(raw.decode("utf-8", "replace")) for raw in capped_lines(stream))
            found = logged_order(lines, node_id)
        if found.before or found.seed:
            return found
    return LoggedOrder(before=junit_order(work.evidence.junit, node_id))


def _recorded(found: Found) -> bytes:
    assert found.order is not None  # noqa: S101 - only what was found is recorded
    return json.dumps([*found.before, found.order.victim], indent=0).encode()


def _kept(
    work: Work, tree: Tree, order: OrderDependence, failure: Failure, told: Mapping[str, Any]
) -> Reproduction:
    work.ordered = True
    try:
        made, node_ids = make_pair(
            nodes=(*order.others, order.victim), tree=tree, observed=failure,
            layout=layout_of(work), commit=work.commit, left=work.left,
            run=lambda nodes: work.check(nodes).run(tree.path, work.seconds()),
        )  # fmt: skip
    except ImproveError as error:
        work.ordered = False
        why = f"No test could be made of it: {error.what}"
        return result(work, "not_reproduced", order=order, notes=(in_words(order), why), **told)
    kept = keep_test(work, made, failure, told)
    notes = (in_words(order), *kept.notes)
    return kept.model_copy(update={"order": order, "node_ids": node_ids, "notes": notes})
