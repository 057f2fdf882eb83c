"""What the key proxy reads and writes on both of its sides: bodies, counted or in chunks, and refusals."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Generator, Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from improve.redaction import redact

PIECE = 1 << 16
LINE = 1 << 12
LONGEST_FAULT = 1 << 16


def without_key(answer: http.client.HTTPResponse, key: str) -> bytes:
    """The body of a refusal, at most 64 KiB of it: some services repeat the key that they refuse."""
    data = answer.read(LONGEST_FAULT)
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        return b""  # we asked for none; the status says enough
    clean = data.replace(key.encode(), b"[redacted]")
    if len(data) == LONGEST_FAULT:
        clean = clean[: -len(key)]  # it may end in the middle of one
    return redact(clean.decode("utf-8", "replace")).encode()


def whole(answer: http.client.HTTPResponse) -> Generator[bytes, None, None]:
    """All of an answer. Raises: IncompleteRead when it was cut."""
    while piece := answer.read1(PIECE):
        yield piece
    if answer.length:  # cut upstream: cut here too, so that nobody takes it for whole
        raise http.client.IncompleteRead(b"")


def given(headers: Any) -> str:
    """The password of a request."""
    bearer = str(headers.get("authorization") or "")
    return str(headers.get("x-api-key") or bearer.removeprefix("Bearer ")).strip()


def connection(target: SplitResult, timeout: float) -> http.client.HTTPConnection:
    """To the model's side, through the machine's own proxy where it has one."""
    host, port = str(target.hostname), target.port
    if target.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context()
    proxy = urllib.request.getproxies().get("https")
    if not proxy or urllib.request.proxy_bypass(host):
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    between = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    link = http.client.HTTPSConnection(
        str(between.hostname), between.port, timeout=timeout, context=context
    )
    link.set_tunnel(host, port or 443)
    return link


def counted(source: Any, size: int) -> Iterator[bytes]:
    """A body of this size."""
    while size > 0:
        piece = source.read1(min(PIECE, size))
        if not piece:
            raise ValueError("the request was cut")
        size -= len(piece)
        yield piece


def chunks(source: Any) -> Iterator[bytes]:
    """A body that comes in chunks."""
    while True:
        line = source.readline(LINE)
        size = int(line.split(b";")[0].strip() or b"x", 16)
        yield from counted(source, size)
        if size == 0:
            while source.readline(LINE) not in (b"\r\n", b"\n", b""):
                pass
            return
        source.readline(LINE)
