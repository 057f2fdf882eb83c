"""The warm runner: one test run per candidate for the price of a fork.

``warm_server`` starts ``inside/improve_warm.py`` in the target's interpreter (through the one
door to subprocess, in the sandbox) and speaks JSON lines with it over two named pipes: they work
at every level of the sandbox, where sockets may be refused. Each reply says which tests ran and
how they ended; a candidate that hangs is ended with its whole group.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from improve.checks.pipes import Pipes
from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

INSIDE = Path(__file__).parent / "inside"
START_SECONDS = 20.0
END_SECONDS = 10.0


@dataclass(frozen=True)
class WarmRun:
    """How one candidate's tests ended. ``how`` is 'session' or 'fresh'."""

    outcomes: Mapping[str, str]  # node id -> passed | failed | skipped
    messages: Mapping[str, str]
    complete: bool
    timed_out: bool
    how: str = "fresh"

    @property
    def ok(self) -> bool:
        """Everything ran to its end, something passed, nothing failed."""
        ended = [o for o in self.outcomes.values()]
        return self.complete and "passed" in ended and "failed" not in ended


@dataclass
class WarmServer:
    """A conversation with one server process. Every method raises ImproveError when it is gone."""

    link: Pipes
    python: str = ""
    failed: bool = field(default=False)

    def open(self, session: str, nodes: Sequence[str], limit: float) -> tuple[str, ...]:
        """Collect ``nodes`` once; the ids collected, () when only fresh runs are possible."""
        request = {"op": "open", "session": session, "nodes": list(nodes), "limit": limit}
        reply = self._ask(request, limit)
        return tuple(reply.get("nodes", ())) if reply.get("ready") else ()

    def close(self, session: str) -> None:
        """End a session."""
        self._ask({"op": "close", "session": session}, 5)

    def run(
        self,
        nodes: Sequence[str],
        limit: float,
        *,
        session: str = "",
        files: Mapping[Path, str] | None = None,
        stop: bool = True,
        trace: Path | None = None,
    ) -> WarmRun:
        """Run ``nodes`` with ``files`` (path -> text) in place of what is on disk.

        ``limit`` in seconds for the whole run; ``stop`` ends it at the first failure; ``trace``
        is a file to which each test's lines are written (see ``repair.localise.parse_traces``).
        """
        notes = self.link.folder / "trace.jsonl"  # the server may write beside its pipes only
        request = {
            "op": "try",
            "session": session,
            "nodes": list(nodes),
            "limit": limit,
            "stop": stop,
            "files": {str(path.resolve()): text for path, text in (files or {}).items()},
            "trace": str(notes) if trace else None,
        }
        told = _told(self._ask(request, 2 * limit))
        if trace and notes.is_file() and not notes.is_symlink():
            shutil.move(notes, trace)
        return told

    def _ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        try:
            self.link.write(json.dumps(request), limit + 30)
            reply = json.loads(self.link.read(limit + 30) or "null")
        except (OSError, ValueError) as error:
            self.failed = True
            raise ImproveError(f"the warm test server does not answer: {error}") from error
        if not isinstance(reply, dict):
            self.failed = True
            raise ImproveError(
                "the warm test server ended", "The tests are run one by one instead."
            )
        return reply


def _told(reply: Mapping[str, Any]) -> WarmRun:
    outcomes: dict[str, str] = {}
    messages: dict[str, str] = {}
    complete = False
    for entry in reply.get("reports", ()):
        complete = complete or bool(entry.get("end"))
        node = entry.get("id")
        if node is None:
            continue
        if outcomes.get(node) != "failed":
            outcomes[node] = entry["outcome"]
        if entry["outcome"] == "failed":
            messages.setdefault(node, entry.get("message", ""))
    late = bool(reply.get("timeout"))
    return WarmRun(outcomes, messages, complete and not late, late, str(reply.get("how", "fresh")))


@dataclass(frozen=True)
class _Until:
    """A fence that also ends its program when ``over`` is set."""

    fence: process.Fence
    over: threading.Event

    @contextlib.contextmanager
    def around(
        self, argv: Sequence[str], env: Mapping[str, str], cwd: Path
    ) -> Iterator[process.Inside]:
        with self.fence.around(argv, env, cwd) as inside:

            def overrun(pid: int) -> str:
                return "not wanted any more" if self.over.is_set() else inside.overrun(pid)

            yield replace(inside, overrun=overrun)

    def check(self, done: process.Finished) -> process.Finished:
        return self.fence.check(done)


@contextlib.contextmanager
def warm_server(
    tree: Path, python: str, environ: Mapping[str, str], seconds: float
) -> Iterator[WarmServer]:
    """A server for the tests of ``tree``; it ends with the context, or after ``seconds``.

    Raises: ImproveError when it cannot be started (no fork on this system, pytest missing).
    """
    if sys.platform == "win32":
        raise ImproveError("a warm test server needs fork, which this system does not have")
    with (
        temporary("improve-warm-") as folder,
        contextlib.closing(Pipes(Path(folder).resolve())) as link,
    ):
        said: list[str] = []
        home = environ.get("HOME")
        writable = [link.folder, *([Path(home)] if home and Path(home).is_dir() else [])]
        over = threading.Event()
        fence = _Until(needs.for_tests(tree, Path(python), writable, (INSIDE,)), over)
        argv = [python, str(INSIDE / "improve_warm.py"), str(link.folder)]

        def serve() -> None:
            # Linux ends a child with the *thread* that started it, so this thread waits.
            try:
                done = process.run(
                    argv, cwd=tree, env=environ, timeout=seconds + 60, merge=True, keep=4000, fence=fence,
                )  # fmt: skip
                said.append(done.tail(600))
            except ImproveError as error:
                said.append(error.what)

        server = threading.Thread(target=serve, name="warm-server", daemon=True)
        server.start()
        try:
            hello = _greeted(link, server, said)
            yield WarmServer(link, str(hello.get("python", "")))
            with contextlib.suppress(OSError, ValueError):
                link.write('{"op": "quit"}', 5)
                link.hang_up()
            server.join(timeout=END_SECONDS)
        finally:
            over.set()
            server.join(timeout=END_SECONDS)


def _greeted(link: Pipes, server: threading.Thread, said: list[str]) -> dict[str, Any]:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError, OSError, ValueError):
            if line := link.read(0.2):
                return dict(json.loads(line))
        if not server.is_alive():
            break
    raise ImproveError(f"the warm test server did not start: {''.join(said)[-300:]}")
