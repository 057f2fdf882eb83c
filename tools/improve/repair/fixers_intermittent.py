"""Which fixers may propose anything for a failure that happens now and then.

What made it happen more often decides: a lock is no answer to a failure that the clock brings about.
Without anything perturbed (``plain``) all may, and the runs that follow tell which was right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from improve.repair import (
    fixer_clock,
    fixer_drawn,
    fixer_files,
    fixer_lifetimes,
    fixer_ports,
    fixer_races,
    fixer_shared,
    fixer_sorting,
    fixer_streams,
    fixer_waits,
)
from improve.repair.mutation import Mutation
from improve.repair.source import Source

Fixer = Callable[[Mapping[str, Source]], Iterator[tuple[str, Mutation]]]

LOAD = ("busy-processors", "workers")
THREADS = ("thread-noise", "switch-interval", *LOAD)
FIXERS: tuple[tuple[Fixer, tuple[str, ...]], ...] = (
    (fixer_races.unguarded_update, THREADS),
    (fixer_shared.made_twice, THREADS),
    (fixer_shared.told_too_early, THREADS),
    (fixer_waits.unawaited_tasks, ("timer-jitter", "socket-pieces", *LOAD)),
    (fixer_waits.ignored_limits, THREADS),
    (fixer_waits.slept_for_threads, THREADS),
    (fixer_ports.fixed_port, LOAD),
    (fixer_sorting.listings, ("directory-order",)),
    (fixer_sorting.sets, ("hash-seed",)),
    (fixer_clock.read_twice, ("clock", "fast-clock")),
    (fixer_clock.two_zones, ("clock", "zone")),
    (fixer_clock.month_ends, ("clock",)),
    (fixer_drawn.drawn_again, ()),
    (fixer_streams.one_recv, ("socket-pieces",)),
    (fixer_lifetimes.lost_reference, ("gc-threshold",)),
    (fixer_files.all_open, ("file-limit", "memory-limit")),
)


def fixes(setting: str, sources: Mapping[str, Source]) -> Iterator[tuple[str, Mutation]]:
    """(path, mutation) pairs of the fixers that fit ``setting``: amplifiers joined by '+'."""
    parts = set(setting.split("+"))
    for fixer, fitting in FIXERS:
        if "plain" in parts or parts & set(fitting):
            yield from fixer(sources)
