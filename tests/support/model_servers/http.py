"""The wire under the scripted models: HTTP on an ephemeral loopback port and on a unix socket.

It knows no vendor. A protocol (``anthropic``, ``openai``) turns a request into an ``Answer``; here
the answer is written as one JSON body or as server-sent events, and broken as its fault says.
Every request is kept in ``ModelServer.seen``. A request that is no request in that protocol gets
400 and makes the test fail when the server closes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import socketserver
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.support.model_servers.script import Fault, Script, Seen

LARGEST = 64 << 20
PAGE = b"<html><body>Please sign in to the proxy.</body></html>"


class Malformed(ValueError):
    """The request is not one of this protocol; the text says where and what was expected."""


@dataclass(frozen=True)
class Answer:
    """One reply: a JSON ``body``, or ``events`` for a stream. ``turn``: which one it tells."""

    status: int = 200
    body: Any = None
    events: Sequence[bytes] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    turn: int | None = None


Protocol = Callable[[Script, Seen], Answer]


@dataclass
class ModelServer:
    """A server that is up. ``url`` has no path; ``socket`` speaks the same."""

    url: str
    socket: Path
    script: Script
    seen: list[Seen] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def turns(self) -> list[Seen]:
        """The requests that were answered from the script, retries included."""
        return [seen for seen in self.seen if seen.turn is not None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Tcp | _Unix

    def address_string(self) -> str:
        return "loopback"

    def log_message(self, *_args: object) -> None:
        return

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        there, protocol = self.server.there, self.server.protocol
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        seen = Seen(self.command, path, query, headers, None)
        try:
            seen = dataclasses.replace(seen, body=self._body())
            answer = protocol(there.script, seen)
        except Malformed as error:
            there.violations.append(f"{self.command} {self.path}: {error}")
            said = {"type": "invalid_request_error", "message": str(error)}
            answer = Answer(400, {"type": "error", "error": said})
        there.seen.append(dataclasses.replace(seen, turn=answer.turn))
        with contextlib.suppress(ConnectionError):  # the client was ended meanwhile
            self._write(answer)

    def _body(self) -> Any:
        if self.command != "POST":
            return None
        size = int(self.headers.get("Content-Length") or 0)
        if not 0 < size <= LARGEST:
            raise Malformed(f"Content-Length {size}: expected 1 to {LARGEST}")
        try:
            return json.loads(self.rfile.read(size))
        except ValueError as error:
            raise Malformed(f"the body is no JSON: {error}") from error

    def _write(self, answer: Answer) -> None:
        fault = answer.fault.kind if answer.fault else ""
        if fault == "silent":
            self.server.there.closing.wait()
        elif fault == "page":
            self._head(200, "text/html", len(PAGE))
            self.wfile.write(PAGE)
        elif answer.events is not None:
            self._head(answer.status, "text/event-stream", None, answer.headers)
            self._events(answer.events, fault)
        else:
            raw = json.dumps(answer.body).encode()
            if fault == "malformed":
                raw = raw[: len(raw) // 2] + b"\x00}"
            self._head(answer.status, "application/json", len(raw), answer.headers)
            self._whole(raw, fault)

    def _head(
        self, status: int, kind: str, size: int | None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        told = {"Content-Type": kind, "Connection": "close", **(headers or {})}
        for name, value in told.items():
            self.send_header(name, value)
        if size is not None:
            self.send_header("Content-Length", str(size))
        self.end_headers()

    def _events(self, events: Sequence[bytes], fault: str) -> None:
        broken = fault in ("cut", "stall", "malformed")
        for event in events[: len(events) // 2] if broken else events:
            self.wfile.write(event)
            self.wfile.flush()
        self._break(fault)
        if fault == "malformed":
            self.wfile.write(b"event: message\ndata: {this is no JSON\n\n")

    def _whole(self, raw: bytes, fault: str) -> None:
        broken = fault in ("cut", "stall")
        self.wfile.write(raw[: len(raw) // 2] if broken else raw)
        self.wfile.flush()
        self._break(fault)

    def _break(self, fault: str) -> None:
        if fault == "stall":
            self.server.there.closing.wait()
        elif fault == "cut":  # a reset, as of a machine that went away, not an orderly end
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


class _Tcp(socketserver.ThreadingMixIn, socketserver.TCPServer):
    there: ModelServer
    protocol: Protocol
    block_on_close = True
    request_queue_size = 32


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    there: ModelServer
    protocol: Protocol
    block_on_close = True
    request_queue_size = 32


@contextlib.contextmanager
def serve(protocol: Protocol, script: Script) -> Iterator[ModelServer]:
    """A model that answers while the context is open.

    Raises: AssertionError at its end when a request was none of the protocol's.
    """
    # The path of a unix socket is limited to 107 bytes: a short folder of its own.
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        place = Path(folder) / "s"
        with _Tcp(("127.0.0.1", 0), Handler) as tcp, _Unix(str(place), Handler) as unix:
            there = ModelServer(f"http://127.0.0.1:{tcp.server_address[1]}", place, script)
            threads = []
            for server in (tcp, unix):
                server.there, server.protocol = there, protocol
                threads.append(threading.Thread(target=server.serve_forever, args=(0.02,)))
                threads[-1].start()
            try:
                yield there
            finally:
                there.closing.set()
                tcp.shutdown()
                unix.shutdown()
                for thread in threads:
                    thread.join()
    assert not there.violations, "not the vendor's protocol:\n" + "\n".join(there.violations)
