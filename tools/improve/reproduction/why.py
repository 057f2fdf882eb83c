"""Find out what brings an intermittent failure about: repeat its failing runs, compare its rates."""

from __future__ import annotations

from dataclasses import replace

from improve.checks.fisher import more_often
from improve.checks.stress import Stress
from improve.errors import ImproveError
from improve.evidence.cause import cause
from improve.evidence.order_words import in_words
from improve.records import Rate, Reproduction
from improve.records.cause import Cause
from improve.reproduction.work import Work
from improve.workbench.bench import Tree

MOST_SEEDS = 10
SHARE, LEAST_SECONDS = 0.15, 5.0


def with_cause(work: Work, tree: Tree, found: Reproduction) -> Reproduction:
    """The same reproduction; of an intermittent failure with its cause, as far as runs show it."""
    if found.order is not None and found.provable:
        seen = in_words(found.order)
        told = Cause(name="order dependence", because=(seen,))
        return found.model_copy(update={"cause": told})
    if found.outcome != "intermittent" or not found.rates:
        return found
    return found.model_copy(update={"cause": _cause(work, tree, found)})


def _cause(work: Work, tree: Tree, found: Reproduction) -> Cause:
    plain = next((one for one in found.rates if one.amplifier == "plain"), None)
    chosen = found.rate
    if chosen is None:
        return cause(None, plain, 1.0, found.observed)
    chance = 1.0
    if plain is not None and chosen is not plain:
        chance = more_often(chosen.failures, chosen.runs, plain.failures, plain.runs)
    return cause(chosen, plain, chance, found.observed, _repeated(work, tree, found, chosen))


def _repeated(work: Work, tree: Tree, found: Reproduction, rate: Rate) -> tuple[int, int]:
    """How many failing seeds were run once more, and how many of them failed again."""
    nodes = found.original_node_ids[:1] or found.node_ids
    seconds = min(30.0, SHARE * work.left())
    if not rate.seeds or not nodes or seconds < LEAST_SECONDS:
        return 0, 0
    work.context.progress("repeating the runs that failed")
    seeds = rate.seeds[:MOST_SEEDS]
    again = Stress(rate.amplifier, rate.limit, until=len(seeds) + 1, seeds=seeds)
    try:
        run = replace(work.check(nodes), stress=None).often(tree.path, again, seconds)
    except ImproveError:  # it only tells more; what was found stays
        return 0, 0
    return (run.rate.runs, run.rate.failures) if run.rate and run.complete else (0, 0)
