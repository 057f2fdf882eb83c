"""What the warm server plugs into pytest: outcomes, the line tracer, and the held session.

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import gc
import json
import os
import sys
import types
import warnings

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
        self.say({"ready": True, "nodes": [self.asked_as(item) for item in self.items]})
        for line in self.stream:
            request = json.loads(line)
            try:
                changes = [swaps(path, text) for path, text in (request.get("files") or {}).items()]
            except (SyntaxError, ValueError):
                changes = [None]
            if any(change is None for change in changes):
                self.say({"need_fresh": True})
                continue
            self.say(self.attempt(session, request, changes))
        os._exit(0)

    def asked_as(self, item):
        """The id as a command line in the tree would spell it: ini files move pytest's own."""
        path = os.path.realpath(str(getattr(item, "path", None) or item.fspath))
        rest = item.nodeid.split("::", 1)[1:]
        return "::".join([os.path.relpath(path, self.tree), *rest])

    def attempt(self, session, request, changes):
        wanted = request.get("nodes")
        items = [i for i in self.items if not wanted or matches(self.asked_as(i), wanted)]

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


def matches(node, wanted):
    return any(node == w or node.startswith((w + "::", w + "[")) for w in wanted)


# -- new code for living functions ------------------------------------------------------------


def swaps(path, text):
    """(function, new code) pairs that turn the imported module into the candidate.

    None when that cannot be done: the module is not imported, or something other than a
    function's body differs (a default value, a class attribute, a constant of the module).
    """
    old_text = on_disk(path)
    old = compile(old_text, path, "exec", dont_inherit=True)
    new = compile(text, path, "exec", dont_inherit=True)
    pairs = []
    if not pair(old, new, pairs, outer=True):
        return None
    changed = {key(a): (a, b) for a, b in pairs if a != b or shell(a) != shell(b)}
    if not changed:
        return []
    found, seen = [], set()
    for function in gc.get_objects():
        if type(function) is types.FunctionType:
            code = function.__code__
            if os.path.realpath(code.co_filename) == path and key(code) in changed:
                found.append(
                    (function, changed[key(code)][1].replace(co_filename=code.co_filename))
                )
                seen.add(key(code))
    # An inner function lives only while its outer one runs; the outer one's new code makes it.
    return found if found else None


def on_disk(path):
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read()


def key(code):
    return (code.co_name, code.co_firstlineno)


def shell(code):
    consts = tuple(c for c in code.co_consts if not isinstance(c, types.CodeType))
    return (code.co_code, repr(consts), code.co_names, code.co_varnames, code.co_freevars)


def pair(old, new, pairs, outer):
    """Walk two code trees side by side; False when module or class level differs."""
    mine = [c for c in old.co_consts if isinstance(c, types.CodeType)]
    other = [c for c in new.co_consts if isinstance(c, types.CodeType)]
    if outer and (shell(old) != shell(new) or len(mine) != len(other)):
        return False
    if not outer:
        pairs.append((old, new))
        if len(mine) != len(other):
            return True
    for a, b in zip(mine, other):  # noqa: B905 - Python 3.8
        if outer and a.co_name != b.co_name:
            return False
        body = outer and not a.co_flags & 0x2  # CO_NEWLOCALS: functions have it, classes do not
        if not pair(a, b, pairs, body):
            return False
    return True


# -- which lines a test runs ------------------------------------------------------------------


class Tracer:
    """Writes the product lines of each test: {"id", "failed", "lines": {path: [n, ...]}}."""

    def __init__(self, tree, path):
        self.top = tree + os.sep
        self.stream = open(path, "w")  # noqa: SIM115, PTH123 - open while pytest runs
        self.known = {}
        self.lines = {}
        self.failed = set()

    def relative(self, filename):
        found = self.known.get(filename)
        if found is None:
            full = os.path.realpath(filename) if not filename.startswith("<") else ""
            foreign = "site-packages" in full or os.sep + ".venv" + os.sep in full
            inside = full.startswith(self.top) and not foreign
            found = self.known[filename] = (
                full[len(self.top) :].replace(os.sep, "/") if inside else ""
            )
        return found

    def start(self):
        self.lines = {}
        if hasattr(sys, "monitoring"):
            watch = sys.monitoring
            watch.use_tool_id(4, "improve")
            watch.register_callback(4, watch.events.LINE, self.on_line)
            watch.set_events(4, watch.events.LINE)
            watch.restart_events()
        else:
            sys.settrace(self.on_call)

    def stop(self):
        if hasattr(sys, "monitoring"):
            sys.monitoring.set_events(4, 0)
            sys.monitoring.free_tool_id(4)
        else:
            sys.settrace(None)

    def on_line(self, code, line):
        path = self.relative(code.co_filename)
        if path:
            self.lines.setdefault(path, set()).add(line)
        return sys.monitoring.DISABLE

    def on_call(self, frame, event, argument):
        path = self.relative(frame.f_code.co_filename)
        if not path:
            return None
        lines = self.lines.setdefault(path, set())
        lines.add(frame.f_lineno)

        def local(frame, event, argument):
            if event == "line":
                lines.add(frame.f_lineno)
            return local

        return local

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.start()
        try:
            yield
        finally:
            self.stop()
            lines = {path: sorted(numbers) for path, numbers in self.lines.items()}
            entry = {"id": item.nodeid, "failed": item.nodeid in self.failed, "lines": lines}
            self.stream.write(json.dumps(entry) + "\n")
            self.stream.flush()
