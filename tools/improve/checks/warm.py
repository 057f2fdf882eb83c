"""The warm runner: one test run per candidate for the price of a fork.

``warm_server`` starts ``inside/improve_warm.py`` in the target's interpreter (through the one
door to subprocess) and speaks JSON lines with it over a unix socket. Each reply says which
tests ran and how they ended; a candidate that hangs is ended with its whole group.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from improve.errors import ImproveError
from improve.workbench import process

INSIDE = Path(__file__).parent / "inside"
START_SECONDS = 20.0


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

    stream: Any
    link: socket.socket
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
        request = {
            "op": "try",
            "session": session,
            "nodes": list(nodes),
            "limit": limit,
            "stop": stop,
            "files": {str(path.resolve()): text for path, text in (files or {}).items()},
            "trace": str(trace) if trace else None,
        }
        return _told(self._ask(request, 2 * limit))

    def _ask(self, request: dict[str, Any], limit: float) -> dict[str, Any]:
        try:
            self.link.settimeout(limit + 30)
            self.stream.write(json.dumps(request) + "\n")
            self.stream.flush()
            reply = json.loads(self.stream.readline() or "null")
        except (OSError, ValueError) as error:
            reply, self.failed = None, True
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


@contextlib.contextmanager
def warm_server(
    tree: Path, python: str, environ: Mapping[str, str], seconds: float
) -> Iterator[WarmServer]:
    """A server for the tests of ``tree``; it ends with the context, or after ``seconds``.

    Raises: ImproveError when it cannot be started (no fork on this system, pytest missing).
    """
    if sys.platform == "win32":
        raise ImproveError("a warm test server needs fork, which this system does not have")
    with tempfile.TemporaryDirectory(prefix="improve-warm-") as folder:
        address = str(Path(folder) / "s")
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(address)
            door.listen(1)
            door.settimeout(0.2)
            said: list[str] = []
            argv = [python, str(INSIDE / "improve_warm.py"), address]

            def serve() -> None:
                # Linux ends a child with the *thread* that started it, so this thread waits.
                done = process.run(
                    argv, cwd=tree, env=environ, timeout=seconds + 60, merge=True, keep=4000
                )
                said.append(done.tail(600))

            server = threading.Thread(target=serve, name="warm-server", daemon=True)
            server.start()
            link = _accepted(door, server, said)
        with link, link.makefile("rw", encoding="utf-8") as stream:
            hello = json.loads(stream.readline() or "{}")
            try:
                yield WarmServer(stream, link, str(hello.get("python", "")))
            finally:
                with contextlib.suppress(OSError, ValueError):
                    stream.write('{"op": "quit"}\n')
                    stream.flush()
                    link.shutdown(socket.SHUT_WR)
                server.join(timeout=10)


def _accepted(door: socket.socket, server: threading.Thread, said: list[str]) -> socket.socket:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError):
            return door.accept()[0]
        if not server.is_alive():
            break
    raise ImproveError(f"the warm test server did not start: {''.join(said)[-300:]}")
