"""Runs tests many times, each time isolated, until the question is answered.

The tests are collected once and every run is a fork of that: some hundred times as fast as a
process each, and nothing that a run does reaches the next. Where threads are alive by then, or
the amplifier needs it, each run is a new interpreter, in which strings hash by its seed. A run is
determined by its seed as far as the platform allows, so a failing one can be replayed:

    python improve_stress.py --amplifier thread-noise --seeds 17 -- tests/test_a.py::test_b

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import argparse
import gc
import os
import sys
import threading

import improve_amplifiers as amplifiers
import improve_lanes as lanes
import improve_quiet
import improve_recorder
import improve_reseed
import improve_warm
from improve_counting import Count

# The one message of nearly all runs: what it takes to make another is most of a small test's cost.
PASSED = b'{"ran": true, "kind": "end", "end": true}\n'


def parsed(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--amplifier", default="plain")
    parser.add_argument("--runs", type=int, default=1000, help="at most so many")
    parser.add_argument("--until", type=int, default=1, help="stop at so many failures")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--limit", type=float, default=30, help="seconds of one run")
    parser.add_argument("--first", type=int, default=1, help="seed of the first run")
    parser.add_argument("--seeds", default="", help="replay these, joined by commas")
    parser.add_argument("--processes", action="store_true", help="a new interpreter each")
    parser.add_argument("--record", default=os.devnull)
    parser.add_argument("--once", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--go", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--hashed", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("nodes", nargs="*")
    wanted = parser.parse_args(arguments)
    wanted.seeds = [int(one) for one in wanted.seeds.split(",") if one]
    if wanted.seeds:
        wanted.runs = len(wanted.seeds)
    return wanted


class Runs(improve_recorder.Recorder):
    """The plugin: collects, and plays one run in each child. ``target`` takes what it tells."""

    def __init__(self, wanted, tree, target):
        self.wanted, self.tree, self.target = wanted, tree, target
        self.roots, self.told = [tree], False
        self.ran = self.failed = False
        self.starts = {}  # node id -> what is told when it starts; a lone test's is known
        self.count = Count(wanted, self.write)

    def write(self, kind, **fields):
        lanes.tell(self.target, dict(kind=kind, **fields))

    def pytest_runtest_protocol(self, item, nextitem):
        self.current = item
        if item.nodeid in self.starts:
            os.write(self.target, self.starts[item.nodeid])

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed = True
            super().pytest_runtest_logreport(report)
        elif (report.when, report.outcome) == ("call", "passed"):
            self.ran = True

    def pytest_runtestloop(self, session):
        if session.testsfailed or not session.items:
            return True
        improve_reseed.ready()
        amplifiers.ready(self.wanted.amplifier)
        improve_quiet.quiet(session.config)
        alone = session.items[0].nodeid if len(session.items) == 1 else None
        if alone is None or self.wanted.once >= 0:
            ids = [item.nodeid for item in session.items]
            self.starts = {one: lanes.encoded({"kind": "start", "id": one}) for one in ids}
        if self.wanted.once >= 0:
            lanes.told_to_go(self.wanted.go)
            self.play(session, self.wanted.first)
        elif threading.active_count() > 1:  # a fork would have them stand still for ever
            self.count.processes()
        else:
            for item in session.items:  # worked out when first asked for, and then kept
                item.location, item.ihook  # noqa: B018
            gc.collect()
            gc.freeze()  # a collection in a child would touch, and so copy, all that was there
            self.count.forks(lambda *given: self.forked(session, *given), alone)
        return True

    def forked(self, session, seed, write, wait):
        self.target = write
        lanes.told_to_go(wait)
        self.play(session, seed)

    def play(self, session, seed):
        improve_reseed.reseed(seed)
        try:
            drawn = amplifiers.begin(self.wanted.amplifier, seed, self.tree)
        except amplifiers.Unable as error:
            return lanes.tell(self.target, {"kind": "unable", "why": str(error)}, {"end": True})
        if drawn:
            self.write("drawn", drawn=drawn)
        items = session.items
        for index, item in enumerate(items):
            after = items[index + 1] if index + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        early = amplifiers.ended_early()
        sys.settrace(None)
        if self.ran and not self.failed and not early:
            return os.write(self.target, PASSED)
        return self.write("end", ran=self.ran, early=early, end=True)


def hash_alike(wanted):
    """Begin again as an interpreter in which strings hash as in all others that fork.

    Else what hangs on it fails in all forks of one, in none of the next, and whatever setting that
    one had is blamed. The setting "hash-seed" looks for it.
    """
    if wanted.hashed:
        del os.environ["PYTHONHASHSEED"]  # the tests' own children hash as ever
    elif wanted.once < 0 and "PYTHONHASHSEED" not in os.environ:
        again = [sys.executable, os.path.realpath(__file__), "--hashed", *sys.argv[1:]]
        os.execve(sys.executable, again, dict(os.environ, PYTHONHASHSEED="0"))  # noqa: S606


def main():
    wanted, tree = parsed(sys.argv[1:]), os.path.realpath(".")
    hash_alike(wanted)
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    import pytest

    improve_warm.preload(tree)
    improve_reseed.watch()
    stream = open(wanted.record, "ab", buffering=0)  # noqa: SIM115, PTH123 - until the end
    plugin = Runs(wanted, tree, wanted.once if wanted.once >= 0 else stream.fileno())
    if wanted.once < 0:
        amplifiers.burn(wanted.amplifier)
    apart = wanted.processes or amplifiers.needs_processes(wanted.amplifier)
    if wanted.once < 0 and apart:
        plugin.count.processes()
    else:
        options = [*improve_warm.options(), "--tb=auto", "--maxfail=0", "--disable-warnings"]
        pytest.main(options + wanted.nodes, plugins=[plugin])
    if wanted.record == os.devnull and wanted.once < 0:
        print("\n".join(plugin.count.lines), file=sys.stderr)  # noqa: T201
    os._exit(1 if plugin.count.failures else 0)


if __name__ == "__main__":
    main()
