"""Make the test of an order dependence: polluters and victim in one file, in their order."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

from improve.checks.passing import same_failure
from improve.cut import CannotCut, Cut, Joined, count_lines, cut_candidates, join, wrap
from improve.errors import ImproveError
from improve.records import CheckRun, Failure
from improve.reproduction.lay_down import Layout
from improve.reproduction.make import CONFIRMING_RUNS, Made
from improve.workbench import beneath
from improve.workbench.bench import Tree

MOST_CUTS = 4
LEAST_SECONDS = 20.0


def make_pair(
    *,
    nodes: Sequence[str],
    tree: Tree,
    observed: Failure,
    layout: Layout,
    commit: str,
    run: Callable[[tuple[str, ...]], CheckRun],
    left: Callable[[], float],
) -> tuple[Made, tuple[str, ...]]:
    """The test file, and its node ids in their order; ``nodes`` ends with the victim.

    A cut counts when the victim fails in it after the others as it was observed, and passes in it
    alone. Else the original tests are run as they stand, in their order.

    Raises: ImproveError when even these do not fail any more.
    """
    for made in itertools.islice(_joined(nodes, tree, commit), MOST_CUTS):
        if left() < LEAST_SECONDS:
            break
        beneath.write(tree.path, layout.test, made.source.encode("utf-8"))
        ids: tuple[str, ...] = tuple(f"{layout.test}::{suffix}" for suffix in made.suffixes)
        alone = run(ids[-1:])
        if alone.ok and all(same_failure(run(ids), observed) for _ in range(CONFIRMING_RUNS)):
            note = f"Run in this order the last test fails; alone it passes: {', '.join(nodes)}."
            lines = count_lines(made.source)
            return Made(made.source, "", "minimal", lines, nodes[-1], (note,)), ids
    source = wrap(nodes, commit)
    beneath.write(tree.path, layout.test, source.encode("utf-8"))
    ids = (f"{layout.test}::test_original",)  # one test, which runs them all
    if not all(same_failure(run(ids), observed) for _ in range(CONFIRMING_RUNS)):
        raise ImproveError(
            f"{nodes[-1]} fails after {nodes[0]}, but no test made of the two fails in the same way.",
            "Look at the two with the commands of the report.",
        )
    note = "The tests could not be cut into one file; they are run as they stand, in their order."
    made_of = Made(source, "", "wrapped", count_lines(source), nodes[-1], (note,))
    return made_of, ids


def _joined(nodes: Sequence[str], tree: Tree, commit: str) -> Iterator[Joined]:
    read = functools.partial(beneath.text, tree.path)
    ways: list[Iterator[Cut]] = [cut_candidates(node, read, None, commit) for node in nodes]
    for cuts in zip(*ways, strict=False):  # all in the same style, boldest first
        try:
            yield join(cuts)
        except (CannotCut, SyntaxError, ValueError):
            continue
