"""What the warm server plugs into pytest: outcomes, the line tracer, and the held session.

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import json
import os
import warnings

import improve_warm_swap
import pytest

MESSAGE_CAP = 1000


class Outcomes:
    """Reports each test's outcome; with ``stop`` the run ends at the first failure."""

    def __init__(self, report, stop):
        self.report = report
        self.stop = stop

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or not report.passed:
            crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
            message = str(getattr(crash, "message", "") or "")[:MESSAGE_CAP]
            self.report({"id": report.nodeid, "outcome": report.outcome, "message": message})

    def pytest_collectreport(self, report):
        if report.failed:
            text = str(report.longrepr)[-MESSAGE_CAP:]
            self.report({"id": report.nodeid, "outcome": "failed", "message": text})

    def pytest_runtest_protocol(self, item, nextitem):
        if self.stop:
            item.config.option.maxfail = 1


class Holder:
    """Holds a collected session before its run loop and forks it for each candidate."""

    def __init__(self, stream, spawn, tree):
        self.stream, self.spawn, self.tree = stream, spawn, tree
        self.child = None

    def say(self, value):
        self.stream.write(json.dumps(value) + "\n")
        self.stream.flush()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        if session.testsfailed or not session.items:
            self.say({"ready": False, "reason": "the tests could not be collected"})
            os._exit(0)
        self.items = list(session.items)
        self.living = improve_warm_swap.Living()
        self.say({"ready": True, "nodes": [asked_as(item, self.tree) for item in self.items]})
        for line in self.stream:
            request = json.loads(line)
            try:
                changes = [
                    self.living.swaps(path, text)
                    for path, text in (request.get("files") or {}).items()
                ]
            except (SyntaxError, ValueError):
                changes = [None]
            if any(change is None for change in changes):
                self.say({"need_fresh": True})
                continue
            self.say(self.attempt(session, request, changes))
        os._exit(0)

    def attempt(self, session, request, changes):
        wanted = request.get("nodes")
        items = [i for i in self.items if not wanted or matches(asked_as(i, self.tree), wanted)]

        def work(report):
            try:
                for change in changes:
                    for function, code in change:
                        function.__code__ = code
            except ValueError:
                report({"need_fresh": True})
                return
            plugin = Outcomes(report, request.get("stop", True))
            session.config.pluginmanager.register(plugin)
            session.items = items
            for index, item in enumerate(items):
                after = items[index + 1] if index + 1 < len(items) else None
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                if session.testsfailed and plugin.stop:
                    break
            report({"end": True})

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = self.spawn(work, request["limit"])
        if any(r.get("need_fresh") for r in done["reports"]):
            return {"need_fresh": True}
        return done


def asked_as(item, tree):
    """The id as a command line in the tree would spell it: ini files move pytest's own."""
    path = os.path.realpath(str(getattr(item, "path", None) or item.fspath))
    rest = item.nodeid.split("::", 1)[1:]
    return "::".join([os.path.relpath(path, tree), *rest])


def matches(node, wanted):
    return any(node == w or node.startswith((w + "::", w + "[")) for w in wanted)
