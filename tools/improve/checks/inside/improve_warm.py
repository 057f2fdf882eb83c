"""A warm test server: pytest is imported once, and each candidate costs one fork.

It runs inside the *target's* interpreter: standard library and pytest only, Python 3.8 syntax.

    server   pytest and foreign plugins imported, no product module
      |- session   forked; the tests collected, the product imported; waits before the run loop
      |    `- try       forked per candidate: changed functions get new code, the tests run
      `- fresh     forked per candidate: imports the product anew with the candidate's text

``session`` needs no disk and no import and is some thirty times as fast as a process each; it
takes candidates that change bodies of functions only. All else goes to ``fresh``. Candidates are
never written to the tree: a process killed at any moment leaves nothing behind.

Requests and replies are JSON lines on two named pipes (their folder: first argument).
"""

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import signal
import socket
import sys
import time

import improve_warm_plugins as plugins
import improve_warm_tracer

MEMORY_BYTES = 4 << 30
_dumps, _write = json.dumps, os.write  # before a test replaces them


def options():
    """Switches that keep foreign plugins from starting processes or writing files."""
    found = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--color=no", "--tb=native"]
    if importlib.util.find_spec("xdist"):
        found += (
            ["-p", "xdist", "-n", "0"]
            if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
            else ["-n", "0"]
        )
    if importlib.util.find_spec("pytest_cov"):
        found += ["--no-cov"]
    # `preload` comes before pytest, which warns of it; many projects make errors of warnings.
    return [*found, "-W", "ignore:Module already imported so cannot be rewritten"]


def preload(tree):
    """Import foreign plugins now; those that live in the tree are product and stay out."""
    try:
        from importlib.metadata import distributions
    except ImportError:
        return
    for distribution in distributions():
        for entry in distribution.entry_points:
            if entry.group != "pytest11":
                continue
            try:
                spec = importlib.util.find_spec(entry.value.split(":")[0].split(".")[0])
                origin = os.path.realpath(spec.origin or tree) if spec else tree
                if not origin.startswith(tree + os.sep):
                    importlib.import_module(entry.value.split(":")[0])
            except BaseException:  # noqa: S112 - a broken plugin is pytest's to report
                continue


def overlay(files):
    """Make imports of these paths see the candidate's text in place of the file's."""
    loader = importlib.machinery.SourceFileLoader
    usual = loader.get_code

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        text = files.get(os.path.realpath(path))
        return usual(self, fullname) if text is None else self.source_to_code(text, path)

    loader.get_code = get_code


def spawn(work, limit):
    """Run ``work(report)`` in a forked child; its reports, and whether it ran out of time."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            os.setsid()
            spent = resource.getrusage(resource.RUSAGE_SELF)
            cpu = int(spent.ru_utime + spent.ru_stime + limit) + 2
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            work(lambda value: _write(write, (_dumps(value) + "\n").encode()))
        except BaseException as error:  # nothing may run on as a second server
            _write(write, (_dumps({"crash": repr(error)[:300]}) + "\n").encode())
        finally:
            os._exit(0)
    os.close(write)
    try:
        return collect(child, read, time.monotonic() + limit)
    finally:
        os.close(read)


def collect(child, read, end):
    data, late, ended_at = b"", False, None
    while True:
        now = time.monotonic()
        if now >= end:
            late = True
            break
        if select.select([read], [], [], min(0.02 if ended_at else end - now, end - now))[0]:
            chunk = os.read(read, 65536)
            if not chunk:
                break
            data += chunk
            if data.endswith(b'"end": true}\n'):
                break
    for target in (
        lambda: os.killpg(child, signal.SIGKILL),
        lambda: os.kill(child, signal.SIGKILL),
    ):
        with contextlib.suppress(OSError):
            target()
    os.waitpid(child, 0)
    reports = [
        json.loads(line)
        for line in data.split(b"\n")
        if line.startswith(b"{") and line.endswith(b"}")
    ]
    return {"reports": reports, "timeout": late}


def run_pytest(args, plugin):
    import pytest

    return pytest.main(options() + args, plugins=[plugin])


def fresh(request):
    def work(report):
        overlay(request.get("files") or {})
        plugin = plugins.Outcomes(report, request.get("stop", True))
        extra = (
            [improve_warm_tracer.Tracer(request["tree"], request["trace"])]
            if request.get("trace")
            else []
        )
        import pytest

        pytest.main(options() + request["nodes"], plugins=[plugin, *extra])
        report({"end": True})

    return spawn(work, request["limit"] + request.get("start", 0))


class Session:
    """The forked process that has collected once and forks for each candidate."""

    def __init__(self, request):
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                ours.close()
                os.setsid()
                run_pytest(
                    request["nodes"], plugins.Holder(theirs.makefile("rw"), spawn, request["tree"])
                )
            finally:
                os._exit(0)
        theirs.close()
        self.link = ours
        self.file = ours.makefile("rw")
        ours.settimeout(request["limit"])
        self.ready = self.ask(None) or {"ready": False}

    def ask(self, request):
        try:
            if request is not None:
                self.link.settimeout(request["limit"] + 20)
                self.file.write(json.dumps(request) + "\n")
                self.file.flush()
            return json.loads(self.file.readline() or "null")
        except (OSError, ValueError):
            return None

    def close(self):
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.link.close()


def answer(request, sessions):
    name = request.get("session")
    if request["op"] == "open":
        if name in sessions:
            sessions.pop(name).close()
        began = time.monotonic()
        sessions[name] = Session(request)
        # What collecting took says how much longer than a held session a fresh run may take.
        sessions[name].start = 1 + 4 * (time.monotonic() - began)
        return sessions[name].ready
    held = sessions.get(name)
    if request["op"] == "close":
        if held:
            sessions.pop(name).close()
        return {}
    if held and held.ready.get("ready") and not request.get("trace"):
        reply = held.ask(request)
        if reply is not None and not reply.get("need_fresh"):
            return dict(reply, how="session")
    return dict(fresh(dict(request, start=held.start if held else 1)), how="fresh")


def main():
    folder, tree = sys.argv[1], os.path.realpath(".")
    sys.path.insert(0, tree)
    sys.argv = ["pytest"]
    import pytest  # noqa: F401 - imported here, once, for all children

    preload(tree)
    replies = open(os.path.join(folder, "replies"), "w")  # noqa: SIM115, PTH118, PTH123
    replies.write(json.dumps({"python": sys.version.split()[0]}) + "\n")
    replies.flush()
    requests = open(os.path.join(folder, "requests"))  # noqa: SIM115, PTH118, PTH123
    sessions = {}
    for line in requests:
        request = json.loads(line)
        if request["op"] == "quit":
            break
        replies.write(json.dumps(answer(dict(request, tree=tree), sessions)) + "\n")
        replies.flush()
    for held in sessions.values():
        held.close()


if __name__ == "__main__":
    main()
