"""One request through the key proxy: checked, redacted, sent on with the key; the answer streams."""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import SplitResult

from improve.errors import OutOfBudget
from improve.workbench.keyproxy_rules import passing_betas, refusal
from improve.workbench.keyproxy_usage import Reading, Till
from improve.workbench.keyproxy_wire import chunks, connection, counted, given, whole, without_key
from improve.workbench.outgoing import LARGEST, without_secrets
from improve.workbench.services import Service

QUERY = re.compile(r"[A-Za-z0-9_=&.-]{0,200}")
# RFC 9110, 7.6.1: these are between two neighbours only. Keys are replaced, never passed on.
DROPPED = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade", "host", "content-length", "expect", "authorization",
    "x-api-key", "cookie", "set-cookie", "location",
    "accept-encoding",  # answers are looked into
})  # fmt: skip
AT_ONCE = 32  # a service that stands still holds one for each try
REFUSED = "key_proxy"  # by which our own refusals are told from the vendor's
ERRORS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}


class _Unreadable(ValueError):
    """Why a request is not looked into; the text is for the agent."""


@dataclass(frozen=True)
class Upstream:
    """Where requests go on to, what is put in, and what may pass."""

    target: SplitResult
    prefix: str
    credential: tuple[str, str]
    password: str
    service: Service
    models: Sequence[str]
    seen: list[tuple[str, str, int]]
    timeout: float
    till: Till
    # What is under way when a limit is reached is still paid for, so it is not without end.
    places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))


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
        if not hmac.compare_digest(given(self.headers).encode(), upstream.password.encode()):
            return self._refuse(401, "this is not the password of this proxy")
        if not upstream.service.texts.fullmatch(path) or not QUERY.fullmatch(query):
            return self._refuse(403, "this call does not pass")
        asked, body = self._looked_through(upstream)
        if asked is None:
            return None
        try:
            # A client that breaks off closes the connection upstream: nothing is paid on.
            link = connection(upstream.target, upstream.timeout)
            with upstream.places, contextlib.closing(link):
                upstream.till.check()
                answer = self._sent_on(link, upstream, path + (f"?{query}" if query else ""), body)
                upstream.seen.append(("POST", path, answer.status))
                self._pass_on(answer, upstream, str(asked["model"]), len(body))
        except OutOfBudget as error:
            self._refuse(403, f"{error.what} {error.cure}")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close_connection = True
            if not getattr(self, "begun", False):
                # The error's kind alone: its text may hold what was sent.
                self._refuse(502, f"the model could not be reached: {type(error).__name__}")

    def _looked_through(self, upstream: Upstream) -> tuple[dict[str, Any] | None, bytes]:
        """What is asked, and the body that says so; None when it was refused."""
        try:
            body = without_secrets(self._read())
            asked = json.loads(body)
        except (OSError, ValueError) as error:
            # Nothing of it is told: what was sent may stand in the error's text.
            why = error if isinstance(error, _Unreadable) else "it is no whole JSON"
            self._refuse(400, f"the request cannot be looked through for secrets: {why}")
            return None, b""
        if why_not := refusal(upstream.service, upstream.models, asked):
            self._refuse(403, why_not)
            return None, b""
        return asked, body

    def _read(self) -> bytes:
        """All of the request's body. Raises: ValueError; OSError when the agent broke off."""
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise _Unreadable("it is compressed")
        chunked = "chunked" in (self.headers.get("transfer-encoding") or "").lower()
        size = int(self.headers.get("content-length") or 0)
        body = bytearray()
        for piece in chunks(self.rfile) if chunked else counted(self.rfile, size):
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
            if name.lower() == "anthropic-beta":
                value = passing_betas(value)
            if value and name.lower() not in DROPPED:
                link.putheader(name, value)
        link.putheader("Accept-Encoding", "identity")
        link.putheader(*upstream.credential)
        link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        found: http.client.HTTPResponse = link.getresponse()
        return found

    def _pass_on(
        self, answer: http.client.HTTPResponse, upstream: Upstream, model: str, sent: int
    ) -> None:
        self.begun, key = True, upstream.credential[1].removeprefix("Bearer ")
        fault = without_key(answer, key) if answer.status >= 300 else None
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in DROPPED and key not in f"{name}: {value}":
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = whole(answer) if fault is None else (part for part in (fault,) if part)
        if self._paid(answer):
            kind = answer.headers.get("content-type", "")
            pieces = upstream.till.along(pieces, Reading(upstream.service, model, sent, kind))
        with contextlib.closing(pieces):
            for piece in pieces:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def _paid(self, answer: http.client.HTTPResponse) -> bool:
        return answer.status < 300 and not self.path.partition("?")[0].endswith("/count_tokens")

    def _refuse(self, status: int, reason: str) -> None:
        upstream: Upstream = self.server.upstream  # type: ignore[attr-defined]
        upstream.seen.append((self.command[:10], self.path.partition("?")[0][:200], status))
        # Both vendors' programs find in it what they look for.
        error = {"type": ERRORS.get(status, "api_error"), "code": REFUSED, "param": None}
        body = json.dumps({"type": "error", "error": {**error, "message": f"{REFUSED}: {reason}"}})
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())
