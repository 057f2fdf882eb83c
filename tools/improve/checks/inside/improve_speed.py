"""Times tests, or a command, in one process; or says in which functions the time goes.

The tests are collected once and then run in forks of that, the first of which only warms up, so
that nothing which a run leaves behind (a cache, a module that is loaded) makes the next one fast.
What is counted is set-up, call and teardown of the tests: not the start of Python, not pytest's own
work. One process gives one sample, the median of its runs: how fast a program is differs from process
to process more than within one (Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", 2013).

    python improve_speed.py --record r.jsonl --seed 3 -- tests/test_a.py::test_b
    python improve_speed.py --record r.jsonl --command "make docs"
    python improve_speed.py --record r.jsonl --profile -- tests/test_a.py::test_b

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import argparse
import cProfile
import gc
import json
import os
import pstats
import resource
import statistics
import subprocess
import sys
import threading
import time

import improve_recorder
import improve_reseed
import improve_warm
import pytest

MOST_RUNS = 25
ENOUGH_SECONDS = 0.5  # for the timed runs of one process
WARM_SECONDS = 1.0  # a run as long as this needs no other one before it
MOST_FUNCTIONS = 300


def clocks():
    """Seconds on the clock, and of the processor: this process and the children it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() + children.ru_utime + children.ru_stime
    return time.perf_counter(), spent


def since(start):
    now = clocks()
    return {"wall": now[0] - start[0], "processor": now[1] - start[1]}


class Times(improve_recorder.Recorder):
    """The plugin. ``send`` takes what is recorded."""

    def __init__(self, wanted, tree, send):
        self.wanted, self.roots, self.send, self.told = wanted, [tree], send, False
        self.taken = {"wall": 0.0, "processor": 0.0}

    def write(self, kind, **fields):
        fields["kind"] = kind
        self.send(fields)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_setup(self):
        yield from self.counted()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_call(self):
        yield from self.counted()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self):
        yield from self.counted()

    def counted(self):
        start = clocks()
        yield
        for name, seconds in since(start).items():
            self.taken[name] += seconds

    def pytest_runtestloop(self, session):
        if session.testsfailed or not session.items:
            return True
        if self.wanted.profile:
            self.profiled(session)
        elif threading.active_count() > 1:  # a fork would have them stand still for ever
            self.play(session)
            self.write("sample", runs=1, **self.taken)
        else:
            self.forked(session)
        return True

    def play(self, session):
        improve_reseed.reseed(self.wanted.seed)
        for index, item in enumerate(session.items):
            after = session.items[index + 1] if index + 1 < len(session.items) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def forked(self, session):
        gc.collect()
        gc.freeze()  # or the first collection in each fork would copy all that is there
        runs, began = [], time.perf_counter()
        while True:
            one = spawn(lambda report: self.once(session, report), self.wanted.limit)
            taken = next((r for r in one["reports"] if r.get("kind") == "taken"), None)
            if taken:
                runs.append(taken)
            if taken is None or enough(runs, time.perf_counter() - began):
                break
            began = began if len(runs) > 1 else time.perf_counter()
        for report in one["reports"]:
            self.send(report)
        kept = runs if len(runs) == 1 else runs[1:]
        if taken:
            sides = {k: statistics.median(r[k] for r in kept) for k in self.taken}
            self.write("sample", runs=len(kept), **sides)

    def once(self, session, report):
        self.send = report
        self.play(session)
        report(dict(self.taken, kind="taken", end=True))

    def profiled(self, session):
        profile = cProfile.Profile()
        profile.enable()
        self.play(session)
        profile.disable()
        self.write("profile", functions=functions(profile, self.roots[0]))


def spawn(work, limit):
    """``work(report)`` in a fork. Without a limit on processor time: under one, Linux counts that
    time at its ticks alone (``timers_active`` in kernel/time/posix-cpu-timers.c), some ms apart."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            os.setsid()
            work(lambda value: os.write(write, (json.dumps(value, default=repr) + "\n").encode()))
        finally:
            os._exit(0)
    os.close(write)
    try:
        return improve_warm.collect(child, read, time.monotonic() + limit)
    finally:
        os.close(read)


def enough(runs, seconds):
    if runs[0]["wall"] >= WARM_SECONDS:
        return True
    return len(runs) > 1 and (len(runs) > MOST_RUNS or seconds >= ENOUGH_SECONDS)


def functions(profile, tree):
    """[file or '', line, name, calls, seconds in the function itself], those below the tree first."""
    found = []
    for (file, line, name), (_, calls, own, _, _) in pstats.Stats(profile).stats.items():
        path = os.path.realpath(file)
        inside = file != "~" and path.startswith(tree + os.sep)
        if inside or file == "~":
            found.append([path[len(tree) + 1 :] if inside else "", line, name, calls, own])
    return sorted(found, key=lambda one: -one[4])[:MOST_FUNCTIONS]


def command(wanted, send):
    start = clocks()  # the children that are waited for are counted, and theirs
    done = subprocess.run(["bash", "-o", "pipefail", "-c", wanted.command], check=False)
    send(dict(since(start), kind="sample", runs=1, status=done.returncode))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=60, help="seconds of one run")
    parser.add_argument("--command", default="")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("nodes", nargs="*")
    wanted, tree = parser.parse_args(), os.path.realpath(".")
    stream = open(wanted.record, "ab", buffering=0)  # noqa: SIM115, PTH123 - until the end

    def send(entry):
        stream.write((json.dumps(entry, default=repr) + "\n").encode())

    if wanted.command:
        command(wanted, send)
        os._exit(0)
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    improve_warm.preload(tree)
    improve_reseed.watch()
    options = [*improve_warm.options(), "--tb=auto", "--maxfail=0"]
    pytest.main(options + wanted.nodes, plugins=[Times(wanted, tree, send)])
    send({"kind": "ended"})
    os._exit(0)


if __name__ == "__main__":
    main()
