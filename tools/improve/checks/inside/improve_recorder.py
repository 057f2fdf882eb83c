"""A pytest plugin that writes down what happened, one JSON object a line.

It runs inside the *target's* interpreter: standard library and pytest only, syntax of Python
3.6. It is put on PYTHONPATH and loaded with ``-p improve_recorder``; nothing is installed into
the target.

Why not JUnit XML: it names tests by class and name, so that a node id has to be guessed, and a
product that calls ``os._exit(0)`` leaves status 0 without any file. Here a run counts only when
the last line is the closing record, written by the outermost hook of the session.
"""

import json
import os
import sys

import pytest

MESSAGE_CAP = 2000
EXCERPT_CAP = 12000
FRAME_CAP = 60


class Recorder(object):  # noqa: UP004 - this file keeps to what every pytest's Python can read
    def __init__(self, path, roots):
        self.path = path
        self.roots = roots
        self.told = False
        self.stream = open(path, "a")  # noqa: SIM115, PTH123 - closed when the interpreter ends

    def write(self, kind, **fields):
        fields["kind"] = kind
        self.stream.write(json.dumps(fields, sort_keys=True, default=repr) + "\n")
        self.stream.flush()

    def pytest_collection_finish(self, session):
        self.write("collected", ids=[item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node, ids):
        # The controller of xdist collects nothing itself; every worker collects the same.
        if not self.told:
            self.told = True
            self.write("collected", ids=list(ids))

    def pytest_deselected(self, items):
        self.write("deselected", ids=[item.nodeid for item in items])

    def pytest_collectreport(self, report):
        if report.failed:
            self.write("collect_error", id=report.nodeid, **self.crash(report, None))

    def pytest_runtest_makereport(self, item, call):
        # A plain (unwrapped) implementation would replace pytest's own report: return None.
        if call.excinfo is not None:
            item._improve_excinfo = call.excinfo

    def pytest_runtest_logreport(self, report):
        item_info = getattr(self, "current", None)
        fields = {"id": report.nodeid, "when": report.when, "outcome": report.outcome}
        fields["seconds"] = getattr(report, "duration", 0)
        if hasattr(report, "wasxfail"):
            fields["xfail"] = True
        if report.failed:
            fields.update(self.crash(report, item_info))
        self.write("report", **fields)

    def pytest_runtest_protocol(self, item, nextitem):
        self.current = item
        self.write("start", id=item.nodeid)

    def crash(self, report, item):
        info = getattr(item, "_improve_excinfo", None) if item is not None else None
        fields = {"excerpt": clip_text(getattr(report, "longreprtext", "") or "", EXCERPT_CAP)}
        crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
        if crash is not None:
            fields.update(
                file=str(crash.path), line=crash.lineno, message=str(crash.message)[:MESSAGE_CAP]
            )
        if info is not None:
            fields["type"] = qualified(info.type)
            fields["frames"] = frames_of(info)
            try:
                fields["plain_message"] = str(info.value)[:MESSAGE_CAP]
            except Exception:
                fields["plain_message"] = ""
        return fields

    def pytest_sessionfinish(self, session, exitstatus):
        self.write("modules", foreign=foreign_modules(self.roots))
        self.exitstatus = int(exitstatus)

    def pytest_unconfigure(self, config):
        self.write("finished", status=getattr(self, "exitstatus", None), pid=os.getpid())


def clip_text(text, cap):
    return text if len(text) <= cap else text[: cap // 3] + "\n...\n" + text[-(cap - cap // 3) :]


def qualified(kind):
    module = getattr(kind, "__module__", "")
    name = getattr(kind, "__qualname__", kind.__name__)
    return name if module in ("builtins", "", None) else module + "." + name


def frames_of(info):
    frames = []
    for entry in list(info.traceback)[-FRAME_CAP:]:
        try:
            frames.append([str(entry.path), entry.lineno + 1, entry.name])
        except Exception:  # noqa: S112 - generated code has no file
            continue
    return frames


def foreign_modules(roots):
    """Modules of the target that came from somewhere else than the tree under test."""
    here, names = roots[0], roots[1:]
    found = []
    for name in sorted(sys.modules):
        top = name.split(".")[0]
        path = getattr(sys.modules.get(name), "__file__", None)
        if top in names and path and not os.path.realpath(path).startswith(here + os.sep):
            found.append(name + " from " + path)
    return found[:20]


@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config):
    # One test alone never covers what `--cov-fail-under` in the project's addopts asks for, and
    # pytest-cov then fails the session. It measures only where it finds sources to measure.
    if getattr(early_config.known_args_namespace, "cov_source", None):
        early_config.known_args_namespace.cov_source = []
    yield


def pytest_configure(config):
    # Taken out of the environment: the product under test has no business with the record.
    path = os.environ.pop("IMPROVE_RECORD", None)
    if not path:
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        return  # xdist's controller receives every worker's reports
    roots = json.loads(os.environ.get("IMPROVE_ROOTS", "[]")) or [os.getcwd()]  # noqa: PTH109
    recorder = Recorder(path, [os.path.realpath(roots[0]), *roots[1:]])
    config.pluginmanager.register(recorder, "improve-recorder-instance")
