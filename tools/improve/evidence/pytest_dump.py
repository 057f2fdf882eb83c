"""Failures that pytest could not report itself: crashes and the time limit of pytest-timeout.

Fatal Python error: Segmentation fault          faulthandler: most recent call first
+++++++++ Timeout +++++++++                     pytest-timeout, thread method: outermost first
"""

from __future__ import annotations

from improve.evidence.parse_traceback import match_frame
from improve.evidence.pieces import Excerpt, Piece, RawFrame, in_repository, is_library
from improve.evidence.pytest_section import title_of

FATAL = "Fatal Python error: "
TIMEOUT = "+++ Timeout +++"
_MAX_FRAMES = 500


class Dump:
    """Collects one dump; ``feed`` says whether the line still belongs to it."""

    def __init__(self, text: str, running: str | None) -> None:
        self._running = running
        self._crash = FATAL in text
        self.message = text[text.index(FATAL) :].strip() if self._crash else "Timeout"
        self._stacks: list[tuple[bool, list[RawFrame]]] = []
        self._excerpt = Excerpt()
        self._excerpt.add(self.message)
        self._closed = False

    def feed(self, text: str) -> bool:
        if self._closed:
            return False
        if not self._crash and TIMEOUT in text:
            self._closed = True
            return True
        frame = match_frame(text) if "File " in text else None
        if frame:
            if not self._stacks:
                self._stacks.append((True, []))
            stack = self._stacks[-1][1]
            if len(stack) < _MAX_FRAMES:
                stack.append(frame)
        elif "Stack of " in text or "(most recent call first)" in text:
            main = "MainThread" in text or "Current thread" in text or "Stack (" in text
            self._stacks.append((main, []))
        elif text and text[:1] != " ":
            return False
        self._excerpt.add(text)
        return True

    def piece(self, rootdir: str | None) -> Piece:
        """The failure; its node is the test that ran, or the first 'test...' function found."""
        piece = Piece(kind="crash" if self._crash else "timeout", message=self.message)
        if not self._crash:
            piece.error_type = "Timeout"
        stack = next((s for main, s in self._stacks if main and s), [])
        piece.frames = stack[::-1] if self._crash else stack
        running = self._running or ""
        piece.node_id = running if "::" in running else _node_of(piece.frames, rootdir) or running
        piece.excerpt = self._excerpt.text(self.message)
        return piece


def join_dumps(pieces: list[Piece], dumps: list[Piece]) -> None:
    """A dump of a crashed worker and pytest's own word of it are one failure."""
    for dump in dumps:
        test = title_of(dump.node_id or "").partition("[")[0].split(".")[-1]
        for piece in pieces:
            same = title_of(piece.node_id or "").partition("[")[0].split(".")[-1]
            if piece.kind == "crash" and not piece.frames and test in ("", same):
                piece.frames, piece.message = dump.frames, dump.message
                piece.excerpt = dump.excerpt
                break
        else:
            pieces.append(dump)


def _node_of(frames: list[RawFrame], rootdir: str | None) -> str | None:
    for path, _, function in frames:
        name = function.rpartition(".")[2]
        if name.startswith("test") and not is_library(path):
            return f"{in_repository(path, rootdir)}::{name}"
    return None
