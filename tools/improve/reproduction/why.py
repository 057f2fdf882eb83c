"""Find out what brings an intermittent failure about: repeat its failing runs, compare its rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from improve.checks.fisher import more_often
from improve.checks.statistics import ENOUGH_FAILURES
from improve.checks.stress import Stress, alike
from improve.errors import ImproveError
from improve.evidence.cause import SURE, by_hash, cause
from improve.evidence.order_words import in_words
from improve.records import Comparison, Rate, Reproduction
from improve.records.cause import Cause
from improve.reproduction.work import Work
from improve.workbench.bench import Tree

MOST_SEEDS, MOST_REPEATED = 10, 40
SHARE, LEAST_SECONDS = 0.15, 5.0
MOST_SECONDS = 30.0
ALONE_RUNS = 40
SWITCHED_AND_BUSY, SWITCHING_COUNTS = {"switch-interval", "busy-processors"}, 0.01


def with_cause(work: Work, tree: Tree, found: Reproduction) -> Reproduction:
    """The same reproduction; of an intermittent failure with its cause, as far as runs show it."""
    if found.order is not None and found.provable:
        seen = in_words(found.order)
        told = Cause(name="order dependence", because=(seen,))
        return found.model_copy(update={"cause": told})
    if found.outcome != "intermittent" or not found.rates:
        return found
    told = _cause(work, tree, found)
    seed = found.seed or next(iter(found.rate.seeds if found.rate else ()), None)
    return found.model_copy(update={"cause": told, "seed": seed})


def _cause(work: Work, tree: Tree, found: Reproduction) -> Cause:
    chosen, compared = found.rate, found.compared
    if chosen is None:
        return cause(None, None, found.observed)
    repeated = _repeated(work, tree, found, chosen)
    plain = next((one for one in found.rates if one.amplifier == "plain"), None)

    def look(stress: Stress) -> Rate | None:
        return _looked(work, tree, found, stress)

    if chosen.amplifier == "workers":
        said = "looking whether it is the other runs, or that they keep it waiting"
        work.context.progress(said)
    alone = without_company(chosen, plain, look)
    compared = by_load_alone(chosen, compared, look)
    return cause(chosen, compared, found.observed, repeated, alone)


def _repeated(work: Work, tree: Tree, found: Reproduction, rate: Rate) -> tuple[int, int]:
    """How many failing seeds were run once more, and how many of them failed again."""
    if not rate.seeds:
        return 0, 0
    work.context.progress("repeating the runs that failed")
    seeds = to_repeat(rate)
    again = alike(Stress(rate.amplifier, rate.limit, until=len(seeds) + 1, seeds=seeds), rate)
    seen = _looked(work, tree, found, again)
    return (seen.runs, seen.failures) if seen else (0, 0)


def to_repeat(rate: Rate) -> tuple[int, ...]:
    """Failing seeds; of hash seeds so many, some more than once, that it would be no accident were
    all of these runs to fail again."""
    seeds = rate.seeds[:MOST_SEEDS]
    while "hash-seed" in rate.amplifier and 0 < len(seeds) < MOST_REPEATED:
        if by_hash(rate, (len(seeds), len(seeds))):
            break
        seeds += rate.seeds[:MOST_SEEDS]
    return seeds


def by_load_alone(
    chosen: Rate, compared: Comparison | None, look: Callable[[Stress], Rate | None]
) -> Comparison | None:
    """Where threads were switched and the processors were busy, both: what these do by themselves,
    if that is as much. Then it is no race. Nothing is asked of other settings.
    """
    if compared is None or not SWITCHED_AND_BUSY.issubset(chosen.amplifier.split("+")):
        return compared
    runs = 2 * chosen.runs
    seen = look(Stress("busy-processors", chosen.limit, runs=runs, until=ENOUGH_FAILURES))
    if seen is None:
        return compared
    if more_often(chosen.failures, chosen.runs, seen.failures, seen.runs) <= SWITCHING_COUNTS:
        return compared
    plain, place = compared.plain, compared.place
    chance = more_often(seen.failures, seen.runs, plain.failures, plain.runs)
    chance = min(1.0, chance * place * (place + 1))
    return compared.model_copy(update={"setting": seen, "chance": chance})


def without_company(
    beside: Rate, plain: Rate | None, look: Callable[[Stress], Rate | None]
) -> Rate | None:
    """How often it fails where the processors are as busy as beside other runs of it, but without
    them; None unless it then fails as seldom as plainly: only then it is the company that counts.

    ``beside`` is what was measured with the company; nothing is asked of other settings.
    """
    if plain is None or beside.amplifier != "workers":
        return None
    seen = look(Stress("busy-processors", beside.limit, runs=ALONE_RUNS, until=ALONE_RUNS))
    if seen is None or more_often(seen.failures, seen.runs, plain.failures, plain.runs) <= SURE:
        return None
    fewer = more_often(beside.failures, beside.runs, seen.failures, seen.runs) <= SURE
    return seen if fewer else None


def _looked(work: Work, tree: Tree, found: Reproduction, stress: Stress) -> Rate | None:
    """Runs that only tell more: what was found stays when they cannot be had."""
    nodes = found.original_node_ids[:1] or found.node_ids
    seconds = min(MOST_SECONDS, SHARE * work.left())
    if not nodes or seconds < LEAST_SECONDS:
        return None
    try:
        run = replace(work.check(nodes), stress=None).often(tree.path, stress, seconds)
    except ImproveError:
        return None
    return run.rate if run.complete else None
