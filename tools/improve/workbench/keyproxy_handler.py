"""One request through the key proxy: checked, redacted, sent on with the key; the answer streams."""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import re
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import SplitResult, urlsplit

from improve.workbench.outgoing import LARGEST, without_secrets

PIECE = 1 << 16
LINE = 1 << 12
QUERY = re.compile(r"[A-Za-z0-9_=&.-]{0,200}")
# RFC 9110, 7.6.1: these are between two neighbours only. Keys are replaced, never passed on.
DROPPED = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length", "expect", "authorization",
    "x-api-key", "cookie", "set-cookie", "location",
})  # fmt: skip


class _Unreadable(ValueError):
    """Why a request is not looked into; the text is for the agent."""


@dataclass(frozen=True)
class Upstream:
    """Where requests go on to, what is put in, and what may pass."""

    target: SplitResult
    prefix: str
    credential: tuple[str, str]
    password: str
    paths: re.Pattern[str]
    seen: list[tuple[str, str, int]]
    timeout: float


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP/1.1 with the agent; nothing of it is ever logged."""

    protocol_version = "HTTP/1.1"
    timeout = 600

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self._refuse(403, "only POST to the model's generating calls passes")

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_CONNECT = do_GET  # noqa: N815

    def do_POST(self) -> None:
        upstream: Upstream = self.server.upstream  # type: ignore[attr-defined]
        path, _, query = self.path.partition("?")
        if not hmac.compare_digest(_given(self.headers).encode(), upstream.password.encode()):
            return self._refuse(401, "this is not the password of this proxy")
        if not upstream.paths.fullmatch(path) or not QUERY.fullmatch(query):
            return self._refuse(403, "this call does not pass")
        try:
            body = without_secrets(self._read())
        except (OSError, ValueError) as error:
            # Nothing of it is told: what was sent may stand in the error's text.
            why = error if isinstance(error, _Unreadable) else "it is no whole JSON"
            return self._refuse(400, f"the request cannot be looked through for secrets: {why}")
        try:
            # A client that breaks off closes the connection upstream: nothing is paid on.
            with contextlib.closing(_connection(upstream)) as link:
                answer = self._sent_on(link, upstream, path + (f"?{query}" if query else ""), body)
                upstream.seen.append(("POST", path, answer.status))
                self._stream(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close_connection = True
            if not getattr(self, "begun", False):
                # The error's kind alone: its text may hold what was sent.
                self._refuse(502, f"the model could not be reached: {type(error).__name__}")

    def _read(self) -> bytes:
        """All of the request's body. Raises: ValueError; OSError when the agent broke off."""
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise _Unreadable("it is compressed")
        chunked = "chunked" in (self.headers.get("transfer-encoding") or "").lower()
        size = int(self.headers.get("content-length") or 0)
        body = bytearray()
        for piece in _chunks(self.rfile) if chunked else _counted(self.rfile, size):
            body += piece
            if len(body) > LARGEST:
                raise _Unreadable(f"it has more than {LARGEST >> 20} MiB")
        return bytes(body)

    def _sent_on(
        self, link: Any, upstream: Upstream, path: str, body: bytes
    ) -> http.client.HTTPResponse:
        self.begun = False
        link.putrequest("POST", upstream.prefix + path, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in DROPPED:
                link.putheader(name, value)
        link.putheader(*upstream.credential)
        link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        found: http.client.HTTPResponse = link.getresponse()
        return found

    def _stream(self, answer: http.client.HTTPResponse) -> None:
        self.begun = True
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in DROPPED:
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := answer.read1(PIECE):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        if answer.length:  # cut upstream: cut here too, so that nobody takes it for whole
            raise http.client.IncompleteRead(b"")
        self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, status: int, reason: str) -> None:
        upstream: Upstream = self.server.upstream  # type: ignore[attr-defined]
        upstream.seen.append((self.command[:10], self.path.partition("?")[0][:200], status))
        body = json.dumps({"type": "error", "error": {"type": "key_proxy", "message": reason}})
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())


def _given(headers: Any) -> str:
    bearer = str(headers.get("authorization") or "")
    return str(headers.get("x-api-key") or bearer.removeprefix("Bearer ")).strip()


def _connection(upstream: Upstream) -> http.client.HTTPConnection:
    host, port = str(upstream.target.hostname), upstream.target.port
    if upstream.target.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=upstream.timeout)
    context = ssl.create_default_context()
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return http.client.HTTPSConnection(host, port, timeout=upstream.timeout, context=context)
    between = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    link = http.client.HTTPSConnection(
        str(between.hostname), between.port, timeout=upstream.timeout, context=context
    )
    link.set_tunnel(host, port or 443)
    return link


def _counted(source: Any, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = source.read1(min(PIECE, size))
        if not piece:
            raise ValueError("the request was cut")
        size -= len(piece)
        yield piece


def _chunks(source: Any) -> Iterator[bytes]:
    while True:
        line = source.readline(LINE)
        size = int(line.split(b";")[0].strip() or b"x", 16)
        yield from _counted(source, size)
        if size == 0:
            while source.readline(LINE) not in (b"\r\n", b"\n", b""):
                pass
            return
        source.readline(LINE)
