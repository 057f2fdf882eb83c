"""What the parsers collect of one failure before it becomes a record."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from improve.records.evidence import Failure, FailureKind, Frame, Framework

EXCERPT_BYTES = 4096
_HEAD_CHARS = 900
_TAIL_CHARS = 2400
_FRAMES_HEAD, _FRAMES_TAIL = 20, 60

_ERROR = re.compile(r"([A-Za-z_][\w.<>]{0,300})(?::(?: (.*))?)?$")
_LIBRARY = re.compile(r"site-packages/|dist-packages/|/lib/python\d|\\lib\\|^<|/_pytest/|/Lib/")
_TIMEOUT = re.compile(r"Timeout \(?>")

RawFrame = tuple[str, int, str]


def split_error(text: str, known_type: str | None = None) -> tuple[str | None, str]:
    """Split ``pkg.Type: message`` into type and message; (None, text) when it names no type.

    ``known_type`` is the bare type that the log gave elsewhere; with it, any shape is believed.
    A rewritten ``assert ...`` carries no type of its own and is an AssertionError.
    """
    text = text.strip()
    if text == "assert" or text.startswith("assert "):
        return "AssertionError", text
    found = _ERROR.match(text)
    if found:
        name, message = found[1], (found[2] or "").strip()
        last = name.rpartition(".")[2]
        if last == known_type or "." in name or "Error" in last or last[:1].isupper():
            return name.rstrip("."), message
    return known_type, text


@dataclass
class Excerpt:
    """The first and the last lines of a text, in bounded memory."""

    head: list[str] = field(default_factory=list)
    tail: deque[str] = field(default_factory=deque)
    head_chars: int = 0
    tail_chars: int = 0
    dropped: int = 0

    def add(self, line: str) -> None:
        size = len(line) + 1
        if self.head_chars + size <= _HEAD_CHARS and not self.tail:
            self.head.append(line)
            self.head_chars += size
            return
        self.tail.append(line)
        self.tail_chars += size
        while self.tail_chars > _TAIL_CHARS and len(self.tail) > 1:
            self.tail_chars -= len(self.tail.popleft()) + 1
            self.dropped += 1

    def text(self, must_show: str = "") -> str:
        """All that was kept (still to be redacted, then fitted).

        ``must_show`` is put in where lines were dropped, if it is gone.
        """
        lines = list(self.head)
        if self.dropped:
            kept = any(must_show in line for line in (*self.head, *self.tail))
            lines.append(f"[... {self.dropped} lines left out ...]")
            if must_show and not kept:
                lines.append(must_show)
        lines.extend(self.tail)
        return "\n".join(lines).strip("\n")


def fit(text: str, limit: int = EXCERPT_BYTES) -> str:
    """The text, cut to ``limit`` bytes of UTF-8, at the end of a word where there is one."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return text
    cut = raw[:limit].decode("utf-8", "ignore")
    # Half of a secret is no longer known as one, so no word is cut in two.
    border = max(cut.rfind(" "), cut.rfind("\n"))
    return cut[:border] if border > 0 else cut


@dataclass
class Piece:
    """One failure in the making. ``title`` is the name that the log used ('Class.test_x')."""

    framework: Framework = "pytest"
    kind: FailureKind = "call"
    title: str = ""
    node_id: str | None = None
    error_type: str | None = None
    message: str = ""
    message_cut: bool = False
    frames: list[RawFrame] = field(default_factory=list)
    place: tuple[str, int] | None = None
    excerpt: str = ""

    def set_error(self, text: str, known_type: str | None = None) -> None:
        """Take type and message from an error line."""
        self.error_type, self.message = split_error(text, known_type)

    def settle(self, rootdir: str | None = None) -> None:
        """Make paths relative to the repository, as far as the log tells where it lies."""
        self.frames = [(in_repository(f, rootdir), n, name) for f, n, name in short(self.frames)]
        if self.place:
            self.place = in_repository(self.place[0], rootdir), self.place[1]

    def failure(self, job: str | None) -> Failure:
        """The record (its texts are not yet redacted, its signature not yet known)."""
        place = self.place or innermost(self.frames)
        kind = self.kind
        if kind == "call" and self.error_type == "Failed" and _TIMEOUT.match(self.message):
            kind = "timeout"
        return Failure(
            framework=self.framework,
            kind=kind,
            node_id=self.node_id or None,
            file=place[0] if place else None,
            line=place[1] if place else None,
            error_type=self.error_type,
            message=self.message,
            message_cut=self.message_cut,
            excerpt=self.excerpt,
            frames=tuple(Frame(file=f, line=n, function=name) for f, n, name in self.frames),
            job=job,
        )


def short(frames: list[RawFrame]) -> list[RawFrame]:
    """At most 80 frames: deep recursion repeats itself in the middle."""
    if len(frames) <= _FRAMES_HEAD + _FRAMES_TAIL:
        return frames
    return frames[:_FRAMES_HEAD] + frames[-_FRAMES_TAIL:]


def is_library(path: str) -> bool:
    """The path lies in an installed package or the standard library."""
    return bool(_LIBRARY.search(path))


def innermost(frames: list[RawFrame]) -> tuple[str, int] | None:
    """Where it broke: the last frame of the project's own code, else the last one."""
    for path, line, _ in reversed(frames):
        if not is_library(path):
            return path, line
    return frames[-1][:2] if frames else None


def tidy_path(path: str) -> str:
    """'/' as separator, as pytest writes node ids on every system."""
    return path.replace("\\", "/").removeprefix("./")


_WORKSPACE = re.compile(r"(?:/home/[^/]+/work|/Users/[^/]+/work|/__w|[A-Z]:/a)/([^/]+)/\1/")


def in_repository(path: str, rootdir: str | None = None) -> str:
    """The path relative to ``rootdir`` or to a GitHub runner's workspace; else as it is."""
    path = tidy_path(path)
    if rootdir:
        root = tidy_path(rootdir).rstrip("/") + "/"
        if path.startswith(root):
            return path[len(root) :]
    found = _WORKSPACE.match(path)
    return path[found.end() :] if found else path
