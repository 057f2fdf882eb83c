"""Whether a setting that was chosen for its failures brings them about: compared on fresh runs.

Among fifteen settings that change nothing, one fails more often than plain runs by luck; judged by
the counts it was chosen for, it would be taken for the cause. So after a choice all is made anew,
runs under the setting and plain ones, with seeds that no look has used, and these alone are
compared. Several settings may be compared in one search: the k-th has to pass the level over
k (k + 1), which add up to the level at most, however many there are (Bonferroni, unequal parts).

How many plain runs are made depends on the runs under the setting, never on the plain ones; then
Fisher's test holds although a setting is run until it has failed often enough.
"""

from __future__ import annotations

import math
from dataclasses import replace

from improve.checks import statistics
from improve.checks.fisher import more_often
from improve.checks.stress import Stress
from improve.evidence.cause import SURE
from improve.records import Comparison, Rate

FRESH_SEEDS, BLOCK = 600_001, 5_000  # seeds and most runs of each; those of a proof lie above
MOST_COMPARISONS = 60  # in one search, so that they do
TIMES = 3  # as many failures where plain runs fail as well: fewer could not be told apart
NO_BETTER = 1.5  # with less than so many times the plain rate it is not worth the time
SPARE = 3  # times the plain runs that just suffice: a few of them may fail by luck
GROWTH = 1.25
ALWAYS_RUNS = 60  # beside a setting under which what always fails does not


def under_setting(stress: Stress, plain: Rate, place: int) -> Stress:
    """The runs to make under a setting that was chosen in the ``place``-th choice, from 1.

    ``plain`` is what was known of plain runs when it was chosen.
    """
    until = statistics.ENOUGH_FAILURES * (TIMES if plain.failures else 1)
    most = BLOCK
    if 0 < plain.failures < plain.runs:
        most = min(most, math.ceil(until * plain.runs / (NO_BETTER * plain.failures)))
    return replace(stress, runs=most, until=until, first=_first(place), seeds=())


def plainly(stress: Stress, found: Rate, plain: Rate, place: int) -> Stress | None:
    """The plain runs to compare ``found`` with; None where no number of them would tell.

    ``plain`` is what was known before: what they are expected to show.
    """
    stress = replace(stress, amplifier="plain", first=_first(place), seeds=())
    if 0 < plain.failures == plain.runs:
        return replace(stress, runs=ALWAYS_RUNS, until=ALWAYS_RUNS + 1)
    runs = 8.0
    while runs <= BLOCK:
        expected = math.ceil(runs) * plain.failures / max(1, plain.runs)
        counts = (found.failures, found.runs, math.ceil(expected), math.ceil(runs))
        if _corrected(more_often(*counts), place) <= SURE:
            most = min(BLOCK, math.ceil(SPARE * runs))
            return replace(stress, runs=most, until=most + 1)
        runs *= GROWTH
    return None


def compared(found: Rate, plain: Rate, known: Rate, place: int) -> Comparison:
    """Both, made after the choice, with the chance that the setting changes nothing.

    Where plain runs were ``known`` to fail always, the setting can only make it fail less often.
    """
    one, other = (plain, found) if 0 < known.failures == known.runs else (found, plain)
    chance = more_often(one.failures, one.runs, other.failures, other.runs)
    return Comparison(setting=found, plain=plain, place=place, chance=_corrected(chance, place))


def _corrected(chance: float, place: int) -> float:
    return min(1.0, chance * place * (place + 1))


def _first(place: int) -> int:
    return FRESH_SEEDS + (place - 1) * BLOCK
