"""The runs of one machine's share: how many there can be, and what they showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from improve.checks.check import Check
from improve.checks.shards import LOOKING, PILOT, first_seed
from improve.checks.stress import Stress, alike
from improve.evidence import compare
from improve.records import CheckRun, Failure, Rate
from improve.records.stress import Series
from improve.reproduction.failing_runs import keep_failing
from improve.reproduction.work import Work
from improve.workbench.bench import Tree

PILOT_RUNS, PILOT_SHARE = 100, 0.15  # of the time of what it is a pilot for
FITS = 0.7  # of the time that is left after it: a slower minute must not cut the runs short
MOST_BY_PILOT = 5000
MOST_SEEDS = 100  # of failing runs that are kept, and replayed with the fix
LEAST_SECONDS = 5.0
STARTS = 8  # a setting is worth its time when starting the interpreter takes a small part of it
RAN = ("passed", "failed", "error", "xfailed", "xpassed")


@dataclass(frozen=True)
class Asked:
    """What to measure, and which share of it this is."""

    shard: int = 1
    shards: int = 1
    settings: tuple[str, ...] = ()  # none: all that may show it
    runs: int = 0  # of each setting, before and after; 0: as many as fit
    limit: float = 30.0  # seconds of one run; one that takes longer has failed
    fix: str = ""  # branch or commit of the runs after
    test_from: str = ""  # branch or commit that has the test, where the others have not


@dataclass(frozen=True)
class Seen:
    """What the runs under one setting showed; they cannot be had here when ``complete`` is off."""

    planned: int
    run: CheckRun

    @property
    def complete(self) -> bool:
        return self.run.complete and self.run.rate is not None

    def counted(self, observed: Failure | None) -> Series:
        """Of them, only failures like ``observed`` count; None takes all."""
        rate = self.run.rate
        assert rate is not None  # noqa: S101 - asked for complete ones alone
        others = sum(
            observed is not None and not compare(observed, one).same for one in self.run.failures
        )
        kept = {
            "failures": rate.failures - others,
            "seeds": rate.seeds[:MOST_SEEDS],
            "settings": rate.settings[:MOST_SEEDS],
        }
        return Series(planned=self.planned, rate=rate.model_copy(update=kept), others=others)


@dataclass(frozen=True)
class Plain:
    """Tests that one plain run really runs, neither skipped nor left out; what it said; seconds."""

    ran: frozenset[str]
    said: str
    seconds: float


@dataclass(frozen=True)
class Share:
    """One machine's runs of one check; ``start`` is what one plain run takes, in seconds."""

    work: Work
    check: Check
    asked: Asked
    start: float

    def looked(self, tree: Tree, settings: Sequence[str]) -> list[Seen]:
        """Runs under each setting, each with an equal part of the time; the first ones if it is short."""
        fit = max(1, int(self.work.left() / (STARTS * self.start + LEAST_SECONDS)))
        settings, seen = settings[:fit], []
        for at, setting in enumerate(settings):
            seconds = self.work.left() / (len(settings) - at)
            seen.append(self.series(tree, setting, seconds, LOOKING))
        return seen

    def series(
        self, tree: Tree, setting: str, seconds: float, kind: int, like: Rate | None = None
    ) -> Seen:
        """So many runs as are asked for, or fit into ``seconds``; ``kind`` chooses the seeds.

        Each is what those of ``like`` were, a fork or a new interpreter.
        """
        self.work.context.progress(f"running it under {setting}")
        stress = Stress(setting, self.asked.limit, progress=self.work.context.progress)
        stress = alike(stress, like) if like else stress
        planned = self.asked.runs or self._fitting(tree, stress, seconds)
        first = first_seed(self.asked.shard, kind)
        counted = replace(stress, runs=planned, until=planned + 1, first=first)
        run = self.check.often(tree.path, counted, max(LEAST_SECONDS, seconds))
        return Seen(planned, keep_failing(self.work.context.run, run))

    def _fitting(self, tree: Tree, stress: Stress, seconds: float) -> int:
        """How many runs fit into ``seconds``, by a pilot that is not counted."""
        first = first_seed(self.asked.shard, PILOT)
        some = replace(stress, runs=PILOT_RUNS, until=PILOT_RUNS + 1, first=first, progress=None)
        run = self.check.often(tree.path, some, max(LEAST_SECONDS, PILOT_SHARE * seconds))
        made = max(1, run.rate.runs if run.rate else 0)
        # What starting took is not known to the second, so not all of it is taken off.
        each = max(1e-4, run.seconds - self.start, (1 - FITS) * run.seconds) / made
        left = FITS * (seconds - run.seconds) - self.start
        return max(1, min(MOST_BY_PILOT, int(left / each)))

    def replayed(self, tree: Tree, before: Rate) -> tuple[int, int]:
        """How many seeds that failed before were run again, and how many runs of these failed.

        In company each seed is run more than once; that makes up for none that another share lacks.
        """
        seeds = before.seeds
        if not seeds:
            return 0, 0
        again = Stress(before.amplifier, self.asked.limit, seeds=seeds, until=len(seeds) + 1)
        again = alike(again, before)
        run = self.check.often(tree.path, again, max(LEAST_SECONDS, self.work.left() / 2))
        return (min(run.rate.runs, len(seeds)), run.rate.failures) if run.rate else (0, 0)


def plainly(work: Work, check: Check, tree: Tree) -> Plain:
    """One run of the check, with nothing perturbed."""
    run = check.some(tree.path, check.node_ids, work.seconds())
    found = {node for node, outcome in run.outcomes.items() if outcome in RAN and "::" in node}
    return Plain(frozenset(found), run.log.strip()[-300:], run.seconds)


def most(seen: Sequence[Seen]) -> Failure | None:
    """The failure that most runs showed; None without one."""
    failures = [one for each in seen for one in each.run.failures]
    if not failures:
        return None
    often = Counter(one.signature for one in failures).most_common(1)[0][0]
    return next(one for one in failures if one.signature == often)
