"""Reproduce from a log: run the tests that it names, cut a minimal one, keep it on a branch."""

from __future__ import annotations

from improve.prompts import count
from improve.records import Failure, Reproduction
from improve.reproduction.by_order import by_order, explain_brittle
from improve.reproduction.by_stress import by_stress, worth_it
from improve.reproduction.keep_test import keep_test
from improve.reproduction.locate import Located, locate
from improve.reproduction.make import make_test
from improve.reproduction.observe import Observation, observe
from improve.reproduction.work import (
    Work,
    differences,
    layout_of,
    not_seen,
    result,
    tell_flag,
)
from improve.workbench.bench import Tree

MOST_TESTS = 10


def by_log(work: Work, tree: Tree) -> Reproduction:
    """The reproduction of the first failure in the log that shows itself here."""
    located = locate(work.evidence.failures, tree.files())
    if not located:
        return _no_test_in_log(work)
    work.context.progress(
        f"running {count(min(len(located), MOST_TESTS), 'failing test')} of the log"
    )
    chosen, seen = _choose(work, tree, located[:MOST_TESTS])
    tell_flag(work, seen)
    common = {
        "original_node_ids": tuple(one.node_id for one in located),
        "expected": chosen.failure,
        "observed": seen.failure,
        "runs": seen.runs,
        "failed_runs": seen.failed,
        "differences": differences(work),
    }
    in_company = by_order(work, tree, chosen.node_id, seen, common)
    if in_company is not None:
        return in_company
    if worth_it(work, seen):
        found = by_stress(work, tree, chosen.node_id, seen, common)
        if found is not None:
            return found
    if seen.failed == 0 or not seen.matches:
        return result(work, "not_reproduced", notes=(not_seen(chosen.node_id, seen),), **common)
    assert seen.failure is not None  # noqa: S101 - it matched
    made = make_test(
        node_id=seen.failure.node_id or chosen.node_id,
        tree=tree, observed=seen.failure, layout=layout_of(work), commit=work.commit,
        run=lambda node_ids: work.check(node_ids).run(tree.path, work.seconds()),
        left=work.left, progress=work.context.progress,
    )  # fmt: skip
    kept = keep_test(work, made, seen.failure, common)
    return explain_brittle(work, tree, chosen.node_id, kept)


def _choose(work: Work, tree: Tree, located: list[Located]) -> tuple[Located, Observation]:
    """The first failing test of the log that fails here for the log's reason; else the first."""
    first: tuple[Located, Observation] | None = None
    for one in located:
        seen = _see(work, tree, one.node_id, one.failure)
        if not seen.last.outcomes and "[" in one.node_id:
            # The log's spelling of a parameter is not pytest's own (redacted, shortened, or made
            # of an address or a clock): run them all, and take the one that fails for the reason.
            seen = _see(work, tree, one.node_id.partition("[")[0], one.failure)
        if seen.matches and seen.failed:
            return one, seen
        first = first or (one, seen)
        if work.left() < 30:
            break
    assert first is not None  # noqa: S101 - located is not empty
    return first


def _see(work: Work, tree: Tree, node_id: str, expected: Failure) -> Observation:
    check = work.check((node_id,))
    return observe(
        lambda: check.run(tree.path, work.seconds()),
        expected,
        left=work.left,
        closer=True,  # `by_stress` does so
        said=not work.validated.request.deterministic,
    )


def _no_test_in_log(work: Work) -> Reproduction:
    count = len(work.evidence.failures)
    told = (
        f"The log tells of {count} failures, none of which names a test of this commit."
        if count
        else "The log holds no failure that this toolkit can read (pytest, unittest, tracebacks)."
    )
    expected = work.evidence.failures[0] if count else None
    return result(work, "no_failure_in_log", expected=expected, notes=(told,))
