"""One answer as ``gh api -i`` prints it: status line, headers, an empty line, the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from improve.evidence.clean import strip_controls
from improve.evidence.redact import redact

SAID = 300
HEAD_LINES, HEAD_LINE = 200, 1 << 16


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``status`` 0: none came. ``whole``: gh read it to its end and liked it."""

    status: int
    headers: dict[str, str]
    body: bytes
    said: str
    whole: bool

    @property
    def limited(self) -> bool:
        """GitHub asks for fewer requests: 429, or a 403 that says so."""
        return self.status == 429 or (
            self.status == 403
            and (
                "retry-after" in self.headers
                or self.headers.get("x-ratelimit-remaining") == "0"
                or "rate limit" in self.said.lower()
            )
        )

    @property
    def broken(self) -> bool:
        """The server or the way to it failed; the next try may go well."""
        return self.status == 0 or self.status >= 500 or (self.status == 200 and not self.whole)


def read_head(stream: BinaryIO) -> tuple[int, dict[str, str]]:
    """Status and headers (names in lower case); leaves ``stream`` at the body. 0: not HTTP."""
    first = stream.readline(HEAD_LINE).split()
    if len(first) < 2 or not first[0].startswith(b"HTTP/") or not first[1].isdigit():
        return 0, {}
    headers = {}
    for _ in range(HEAD_LINES):
        line = stream.readline(HEAD_LINE).rstrip(b"\r\n")
        if not line:
            break
        name, _, value = line.decode("utf-8", "replace").partition(":")
        headers[name.lower()] = value.strip()
    return int(first[1]), headers


def readable(text: str, size: int = SAID) -> str:
    """A server's words for people: no escapes, no secrets, cut at ``size`` characters."""
    return redact(strip_controls(text)).strip()[:size]
