"""One answer as ``gh api -i`` prints it: status line, headers, an empty line, the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from improve.evidence.clean import strip_controls
from improve.redaction import redact

SAID = 300
ANOTHERS = (
    "Something between here and GitHub may answer instead (a proxy's sign-in page): look at it with "
    "`gh api -i user`."
)
HEAD_LINES, HEAD_LINE = 200, 1 << 16


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``status`` 0: none came. ``whole``: gh read it to its end and liked it."""

    status: int
    headers: dict[str, str]
    body: bytes
    said: str
    whole: bool
    asked: str = ""  # the path, without what stands after the question mark

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
        # Logs lie in Azure's storage, behind a link that is good for minutes: its refusals (told by
        # their header) are not about our token, and the next try gets a fresh link.
        # https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
        link = self.status in (401, 403) and "x-ms-request-id" in self.headers
        cut = self.status == 200 and not self.whole
        return self.status == 0 or self.status >= 500 or cut or link

    @property
    def page(self) -> bool:
        """A web page, which nothing that we ask for is."""
        return self.headers.get("content-type", "").startswith("text/html")


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
