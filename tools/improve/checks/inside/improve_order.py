"""Finds the order in which a test fails that passes alone, and the tests that make it so.

The suite is collected once; every run of a part of it, in any order, is a fork of that, so no run
leaves anything in the memory of the next, and files that it left in the tree are taken away. Where
threads are alive after collection each run is a new interpreter.

    python improve_order.py --victim tests/test_a.py::test_b          (from the top of the tree)
    python improve_order.py --replay order.json                       (one run, in this order)

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import time

import improve_order_roles
import improve_recorder
import improve_reseed
import improve_warm
from improve_order_state import files
from improve_warm_plugins import asked_as

HERE = os.path.realpath(__file__)


def parsed(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--victim", default="", help="node id; without it one is looked for")
    parser.add_argument("--expects", default="", help="name of the exception that it fails with")
    parser.add_argument("--logged", default="", help="JSON list of ids: an order to try first")
    parser.add_argument("--replay", default="", help="JSON list of ids: just run these")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--orders", type=int, default=6, help="shuffled orders at most")
    parser.add_argument("--option", action="append", default=[], help="passed on to pytest")
    parser.add_argument("--record", default=os.devnull)
    return parser.parse_args(arguments)


class Runs(improve_recorder.Recorder):
    """The plugin: holds the collected suite, and runs parts of it. ``send`` takes records."""

    def __init__(self, wanted, tree, send):
        self.wanted, self.tree, self.send = wanted, tree, send
        self.roots, self.told, self.whole = [tree], False, bool(wanted.replay)
        self.end = time.monotonic() + wanted.seconds
        # After a run that takes longer there is no time for a second one, and one tells nothing.
        self.longest = max(1.0, wanted.seconds / 2)
        self.count = self.suites = self.tests = 0
        self.victim = None

    def write(self, kind, **fields):
        fields["kind"] = kind
        told = self.whole or fields.get("id") == self.victim or fields.get("outcome") == "failed"
        if kind not in ("report", "start") or told:
            self.send(fields)

    def pytest_runtestloop(self, session):
        self.session = session
        plugins = session.config.pluginmanager
        if plugins.hasplugin("terminalreporter"):  # dots of thousands of tests, many times over
            plugins.unregister(name="terminalreporter")
        self.items = list(session.items)
        self.ids = [asked_as(item, self.tree) for item in self.items]
        self.forks = threading.active_count() == 1
        if self.wanted.replay:
            self.replay()
        else:
            self.found = improve_order_roles.investigate(self, self.wanted)
            self.send(dict(self.found, kind="order"))
        return True

    def replay(self):
        with open(self.wanted.replay) as stream:  # noqa: PTH123
            ids = json.load(stream)
        places = {one: index for index, one in enumerate(self.ids)}
        self.send({"kind": "missing", "ids": [one for one in ids if one not in places]})
        self.play([places[one] for one in ids if one in places])
        self.send({"kind": "replayed"})

    def play(self, order, pause=-1, then=None):
        """Run these items one after the other; ``then()`` before the one at position ``pause``."""
        for position, index in enumerate(order):
            if position == pause and then() == "stop":
                return
            item = self.items[index]
            after = self.items[order[position + 1]] if position + 1 < len(order) else None
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)

    def run(self, before, victim=None):
        """What was told of a run of these tests and then the victim, isolated."""
        order = list(before) + ([victim] if victim is not None else [])
        self.victim = self.items[victim].nodeid if victim is not None else None

        def work(report):
            self.send = report
            if self.forks:
                self.play(order)
            else:
                execute(self, order, report)
            report({"end": True})

        return self.forked(order, work)

    def between(self, culprits, at_start, at_victim, stop=False):
        """The culprits, then the victim, with something done before both and between them."""
        order = [*culprits, self.at]
        self.victim = self.items[self.at].nodeid

        def work(report):
            self.send = report
            kept = at_start()

            def then():
                report(at_victim(kept))
                return "stop" if stop else None

            self.play(order, len(culprits), then)
            report({"end": True})

        return self.forked(order, work)["reports"]

    def forked(self, order, work):
        left = self.end - time.monotonic()
        if left <= 0:
            raise improve_order_roles.TimeUp
        self.count += 1
        self.tests += len(order)
        self.suites += len(order) > 3
        if self.count % 5 == 1:
            self.send({"kind": "at", "runs": self.count, "suites": self.suites})

        def seeded(report):
            improve_reseed.reseed(self.count)
            work(report)

        there = files(self.tree)
        told = improve_warm.spawn(seeded, min(self.longest, max(1.0, left)))
        for path in files(self.tree) - there:  # the next run would find it
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108
        return told


def execute(runs, order, report):
    """The same run in an interpreter of its own."""
    folder = tempfile.mkdtemp()
    listed, record = os.path.join(folder, "order"), os.path.join(folder, "record")  # noqa: PTH118
    with open(listed, "w") as stream:  # noqa: PTH123
        json.dump([runs.ids[index] for index in order], stream)
    argv = [sys.executable, HERE, "--replay", listed, "--record", record]
    os.spawnve(os.P_WAIT, sys.executable, argv + options(runs.wanted), dict(os.environ))  # noqa: S606
    with open(record) as stream:  # noqa: PTH123
        for line in stream:
            report(json.loads(line))


def options(wanted):
    return [f"--option={one}" for one in wanted.option]


def switches(wanted):
    """Those of every warm run; where a seed is given, the plugin that shuffles by it stays on."""
    found = improve_warm.options()
    if any(one.startswith("--randomly-seed=") for one in wanted.option):
        at = found.index("no:randomly")
        found[at - 1 : at + 1] = (
            ["-p", "randomly"] if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") else []
        )
    return found


def main():
    wanted, tree = parsed(sys.argv[1:]), os.path.realpath(".")
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    import pytest

    improve_warm.preload(tree)
    improve_reseed.watch()
    stream = open(wanted.record, "ab", buffering=0)  # noqa: SIM115, PTH123 - until the end
    plugin = Runs(
        wanted, tree, lambda one: stream.write((json.dumps(one, default=repr) + "\n").encode())
    )
    pytest.main([*switches(wanted), "--tb=auto", "--maxfail=0", *wanted.option], plugins=[plugin])
    found = getattr(plugin, "found", None)
    if found and wanted.record == os.devnull:
        print("\n" + improve_order_roles.in_words(found))  # noqa: T201
    os._exit(0)


if __name__ == "__main__":
    main()
