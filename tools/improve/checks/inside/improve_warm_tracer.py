"""Which product lines each test runs, as a pytest plugin.

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import json
import os
import sys

import pytest


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
