"""Runs tests many times, each time isolated, until the question is answered.

The tests are collected once and every run is a fork of that: some hundred times as fast as a
process each, and nothing that a run does reaches the next. Where threads are alive by then, or
the amplifier needs it, each run is a new interpreter. A run is determined by its seed as far as
the platform allows, so a failing one can be replayed:

    python improve_stress.py --amplifier thread-noise --seeds 17 -- tests/test_a.py::test_b

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import argparse
import gc
import os
import resource
import sys
import threading
import time

import improve_amplifiers as amplifiers
import improve_lanes as lanes
import improve_recorder
import improve_reseed
import improve_warm

BEAT_SECONDS = 0.5
WITH_THE_NEXT = ("drawn", "report")
START_SECONDS = 20  # a new interpreter starts and collects first


def parsed(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--amplifier", default="plain")
    parser.add_argument("--runs", type=int, default=1000, help="at most so many")
    parser.add_argument("--until", type=int, default=1, help="stop at so many failures")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--limit", type=float, default=30, help="seconds of one run")
    parser.add_argument("--first", type=int, default=1, help="seed of the first run")
    parser.add_argument("--seeds", default="", help="replay these, joined by commas")
    parser.add_argument("--record", default=os.devnull)
    parser.add_argument("--once", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("--go", type=int, default=-1, help=argparse.SUPPRESS)
    parser.add_argument("nodes", nargs="*")
    wanted = parser.parse_args(arguments)
    wanted.seeds = [int(one) for one in wanted.seeds.split(",") if one]
    if wanted.seeds:
        wanted.runs = len(wanted.seeds)
    return wanted


class Runs(improve_recorder.Recorder):
    """The plugin: collects, then forks for each run. ``send`` takes what is recorded."""

    def __init__(self, wanted, tree, send):
        self.wanted, self.tree, self.send = wanted, tree, send
        self.roots, self.told = [tree], False
        self.runs = self.failures = 0
        self.unable, self.unsent, self.lines = None, [], []
        self.how = "fork"

    def write(self, kind, **fields):
        fields["kind"] = kind
        self.unsent.append(fields)
        # Each message wakes the reader up: only what a run that ends early must have told goes at once.
        if kind not in WITH_THE_NEXT or fields.get("outcome") == "failed":
            self.flush()

    def flush(self):
        held, self.unsent = self.unsent, []
        self.send(held)

    def pytest_runtestloop(self, session):
        if session.testsfailed or not session.items:
            return True
        improve_reseed.ready()
        amplifiers.ready(self.wanted.amplifier)
        if self.wanted.once >= 0:
            lanes.told_to_go(self.wanted.go)
            self.play(session, self.wanted.first)
        elif threading.active_count() > 1:  # a fork would have them stand still for ever
            self.repeat(self.execute)
        else:
            gc.collect()
            gc.freeze()  # a collection in a child would touch, and so copy, all that was there
            self.repeat(lambda *given: self.forked(session, *given))
        return True

    def forked(self, session, seed, write, wait):
        self.send = lambda entries: lanes.tell(write, *entries)
        lanes.told_to_go(wait)
        self.play(session, seed)

    def play(self, session, seed):
        improve_reseed.reseed(seed)
        try:
            drawn = amplifiers.begin(self.wanted.amplifier, seed, self.tree)
        except amplifiers.Unable as error:
            self.write("unable", why=str(error))
            return self.send([{"end": True}])
        self.write("drawn", drawn=drawn)
        items = session.items
        for index, item in enumerate(items):
            after = items[index + 1] if index + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        sys.settrace(None)
        self.unsent.append({"end": True})
        return self.flush()

    def execute(self, seed, write, wait):
        for descriptor in (write, wait):
            os.set_inheritable(descriptor, True)
        argv = [sys.executable, os.path.realpath(__file__), f"--once={write}", f"--go={wait}"]
        argv += ["--first", str(seed), "--amplifier", self.wanted.amplifier, "--"]
        fixed = amplifiers.needs_processes(self.wanted.amplifier)
        hashing = str(amplifiers.hashing(seed)) if fixed else "random"
        world = dict(os.environ, PYTHONHASHSEED=hashing)
        os.execve(sys.executable, argv + self.wanted.nodes, world)  # noqa: S606 - no shell is meant

    def repeat(self, work):
        self.how = "process" if work == self.execute else "fork"
        wanted, began, beat, why = self.wanted, time.monotonic(), 0.0, "runs"
        limit = wanted.limit + (START_SECONDS if self.how == "process" else 0)
        at_once, cores = amplifiers.at_once(wanted.amplifier), os.cpu_count() or 1
        seeds = wanted.seeds or range(wanted.first, wanted.first + wanted.runs)
        if wanted.seeds and at_once > 1:  # a run under this setting is one in company
            seeds = wanted.seeds * -(-at_once // len(wanted.seeds))
        # With one processor a child that waits would only take time from the one that runs.
        ahead = 0 if cores == 1 else cores if self.how == "process" else 1
        found = lanes.runs(work, seeds, limit, began + wanted.seconds, at_once, ahead)
        for seed, reports, late in found:
            self.runs += 1
            if time.monotonic() - beat >= BEAT_SECONDS:
                beat = time.monotonic()
                self.write("at", runs=self.runs, failures=self.failures)
            verdict = judged(reports, late)
            if verdict == "failed":
                self.failures += 1
                drawn = said(reports, "drawn", "drawn") or {}
                self.write("failed", seed=seed, late=late, records=reports, drawn=drawn)
                self.lines.append(line_of(seed, reports, late, drawn))
            if verdict in ("nothing", "unable"):
                why, self.unable = verdict, said(reports, "unable", "why")
            elif self.failures >= wanted.until:
                why = "failures"
            if why != "runs":
                break
        found.close()
        if why == "runs" and self.runs < len(seeds):
            why = "time"
        self.close(why)

    def close(self, why):
        told = f"{self.failures} of {self.runs} runs failed ({self.wanted.amplifier})"
        self.lines.append(f"{told}: {self.unable}" if self.unable else told)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.write(
            "stressed", runs=self.runs, failures=self.failures, why=why, how=self.how,
            unable=self.unable, cpu=spent.ru_utime + spent.ru_stime,
        )  # fmt: skip


def judged(reports, late):
    """'passed', 'failed', 'nothing' when no test ran to a pass and none failed, or 'unable'."""
    if said(reports, "unable", "why"):
        return "unable"
    if late or not any(entry.get("end") for entry in reports):
        return "failed"
    outcomes = [(entry.get("when"), entry.get("outcome")) for entry in reports]
    if any(told == "failed" for _, told in outcomes):
        return "failed"
    return "passed" if ("call", "passed") in outcomes else "nothing"


def line_of(seed, reports, late, drawn):
    """'seed 17 (zone Etc/GMT+12): AssertionError: ...', for who replays by hand."""
    given = ", ".join(f"{name} {value}" for name, value in drawn.items())
    failed = next((one for one in reports if one.get("outcome") == "failed"), {})
    why = failed.get("message") or ("it took too long" if late else "it ended the process")
    return f"seed {seed}" + (f" ({given})" if given else "") + ": " + why.split("\n")[0]


def said(reports, kind, field):
    """What a run said of itself, or None."""
    return next((one.get(field) for one in reports if one.get("kind") == kind), None)


def main():
    wanted, tree = parsed(sys.argv[1:]), os.path.realpath(".")
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    import pytest

    improve_warm.preload(tree)
    improve_reseed.watch()
    stream = open(wanted.record, "ab", buffering=0)  # noqa: SIM115, PTH123 - until the end
    target = wanted.once if wanted.once >= 0 else stream.fileno()
    plugin = Runs(wanted, tree, lambda entries: lanes.tell(target, *entries))
    if wanted.once < 0:
        amplifiers.burn(wanted.amplifier)
    if wanted.once < 0 and amplifiers.needs_processes(wanted.amplifier):
        plugin.repeat(plugin.execute)
    else:
        options = [*improve_warm.options(), "--tb=auto", "--maxfail=0", "--disable-warnings"]
        pytest.main(options + wanted.nodes, plugins=[plugin])
    if wanted.record == os.devnull and wanted.once < 0:
        print("\n".join(plugin.lines), file=sys.stderr)  # noqa: T201
    os._exit(1 if plugin.failures else 0)


if __name__ == "__main__":
    main()
