"""Runs tests many times, each time isolated, until the question is answered.

The tests are collected once and every run is a fork of that: some hundred times as fast as a
process each, and nothing that a run does reaches the next. Where threads are alive by then, or
the amplifier needs it, each run is a new interpreter. A run is determined by its seed as far as
the platform allows, so a failing one can be replayed:

    python improve_stress.py --amplifier thread-noise --seeds 17 -- tests/test_a.py::test_b

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import argparse
import contextlib
import json
import os
import resource
import sys
import threading
import time
import warnings

import improve_amplifiers as amplifiers
import improve_recorder
import improve_reseed
import improve_warm

BEAT_SECONDS = 0.5
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
        self.unable = None
        self.how = "fork"

    def write(self, kind, **fields):
        fields["kind"] = kind
        self.send(fields)

    def pytest_runtestloop(self, session):
        if session.testsfailed or not session.items:
            return True
        if self.wanted.once >= 0:
            self.play(session, self.wanted.first)
        elif threading.active_count() > 1:  # a fork would have them stand still for ever
            self.repeat(self.execute)
        else:
            self.repeat(lambda seed, write: self.forked(session, seed, write))
        return True

    def forked(self, session, seed, write):
        self.send = lambda entry: tell(write, entry)
        self.play(session, seed)

    def play(self, session, seed):
        improve_reseed.reseed(seed)
        try:
            drawn = amplifiers.begin(self.wanted.amplifier, seed, self.tree)
        except amplifiers.Unable as error:
            self.send({"kind": "unable", "why": str(error)})
            return self.send({"end": True})
        self.send({"kind": "drawn", "drawn": drawn})
        items = session.items
        for index, item in enumerate(items):
            after = items[index + 1] if index + 1 < len(items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        sys.settrace(None)
        return self.send({"end": True})

    def execute(self, seed, write):
        self.how = "process"
        os.set_inheritable(write, True)
        argv = [sys.executable, os.path.realpath(__file__), "--once", str(write)]
        argv += ["--first", str(seed), "--amplifier", self.wanted.amplifier, "--"]
        fixed = amplifiers.needs_processes(self.wanted.amplifier)
        hashing = str(seed % 4294967295) if fixed else "random"
        world = dict(os.environ, PYTHONHASHSEED=hashing)
        os.execve(sys.executable, argv + self.wanted.nodes, world)  # noqa: S606 - no shell is meant

    def repeat(self, work):
        self.how = "process" if work == self.execute else "fork"
        wanted, began, beat = self.wanted, time.monotonic(), 0.0
        limit = wanted.limit + (START_SECONDS if self.how == "process" else 0)
        why = "runs"
        while self.runs < wanted.runs:
            now = time.monotonic()
            if now - began >= wanted.seconds:
                why = "time"
                break
            if now - beat >= BEAT_SECONDS:
                beat = now
                self.write("at", runs=self.runs, failures=self.failures)
            seed = wanted.seeds[self.runs] if wanted.seeds else wanted.first + self.runs
            run = spawn(lambda write, seed=seed: work(seed, write), limit)
            self.runs += 1
            verdict = judged(run)
            if verdict in ("nothing", "unable"):
                why, self.unable = verdict, told(run, "unable", "why")
                break
            if verdict == "failed":
                self.failures += 1
                self.write(
                    "failed", seed=seed, late=run["timeout"], records=run["reports"],
                    drawn=told(run, "drawn", "drawn") or {},
                )  # fmt: skip
                if self.failures >= wanted.until:
                    why = "failures"
                    break
        self.write(
            "stressed", runs=self.runs, failures=self.failures, why=why, how=self.how,
            unable=self.unable,
        )  # fmt: skip


def judged(run):
    """'passed', 'failed', 'nothing' when no test ran to a pass and none failed, or 'unable'."""
    reports = run["reports"]
    if told(run, "unable", "why"):
        return "unable"
    if run["timeout"] or not any(entry.get("end") for entry in reports):
        return "failed"
    outcomes = [(entry.get("when"), entry.get("outcome")) for entry in reports]
    if any(said == "failed" for _, said in outcomes):
        return "failed"
    return "passed" if ("call", "passed") in outcomes else "nothing"


def told(run, kind, field):
    """What a run said of itself, or None."""
    return next((one.get(field) for one in run["reports"] if one.get("kind") == kind), None)


def tell(descriptor, entry):
    os.write(descriptor, (json.dumps(entry, default=repr) + "\n").encode())


def spawn(work, limit):
    """``work(descriptor)`` in a forked child with a process group of its own; what it told."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # threads that are alive end at the exec that follows
        child = os.fork()
    if child == 0:
        try:
            os.close(read)
            os.setsid()
            memory = (improve_warm.MEMORY_BYTES, improve_warm.MEMORY_BYTES)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_AS, memory)
            work(write)
        except BaseException as error:  # nothing may run on as a second server
            tell(write, {"crash": repr(error)[:300]})
        finally:
            os._exit(0)
    os.close(write)
    try:
        return improve_warm.collect(child, read, time.monotonic() + limit)
    finally:
        os.close(read)


def main():
    wanted, tree = parsed(sys.argv[1:]), os.path.realpath(".")
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    import pytest

    improve_warm.preload(tree)
    improve_reseed.watch()
    stream = open(wanted.record, "ab", buffering=0)  # noqa: SIM115, PTH123 - until the end
    target = wanted.once if wanted.once >= 0 else stream.fileno()
    plugin = Runs(wanted, tree, lambda entry: tell(target, entry))
    if wanted.once < 0:
        amplifiers.burn(wanted.amplifier)
    if wanted.once < 0 and amplifiers.needs_processes(wanted.amplifier):
        plugin.repeat(plugin.execute)
    else:
        options = [*improve_warm.options(), "--tb=auto", "--maxfail=0"]
        pytest.main(options + wanted.nodes, plugins=[plugin])
    if wanted.record == os.devnull and wanted.once < 0:
        print(f"{plugin.failures} of {plugin.runs} runs failed")  # noqa: T201
    os._exit(1 if plugin.failures else 0)


if __name__ == "__main__":
    main()
