"""Plain Python tracebacks: chained, grouped, and SyntaxError, line by line.

Of a chain the last exception counts as the error; the frames of its causes are kept before its
own, so the innermost frame of the error stays the last one.
"""

from __future__ import annotations

import re

from improve.evidence.pieces import Excerpt, Piece, RawFrame, split_error, tidy_path

START = "Traceback (most recent call last)"
_FRAME = re.compile(r'\s{0,40}File "([^"]{1,1000})", line (\d{1,9})(?:,? in (.{1,300}))?$')
_CHAINS = (
    "During handling of the above exception, another exception occurred",
    "The above exception was the direct cause of the following exception",
)
_MARGIN = re.compile(r"[ ]{0,80}[|+](?: |-|$)")
_MAX_FRAMES = 3000
_MESSAGE_LINES = 6
_STRAY_LINES = 3


def match_frame(text: str) -> RawFrame | None:
    """``File "path", line 3, in f`` (with or without the comma, as faulthandler writes it)."""
    found = _FRAME.match(text)
    return (tidy_path(found[1]), int(found[2]), (found[3] or "").strip()) if found else None


class TracebackParser:
    """Feed it lines; ``pieces`` holds the finished tracebacks, at most ``limit`` of them."""

    def __init__(self, limit: int = 2000) -> None:
        self.pieces: list[Piece] = []
        self.dropped = 0
        self._limit = limit
        self._piece = Piece(framework="python", kind="other")
        self._state = "idle"
        self._prefix = ""
        self._group = False
        self._after = 0
        self._reopens = False
        self._bare = False
        self._excerpt = Excerpt()

    def feed(self, text: str) -> bool:
        """Take one line. True while it belongs to a traceback."""
        if self._state == "idle":
            if START in text:
                return self._begin(text)
            if text.startswith('  File "') and text[-1:].isdigit():
                return self._begin_bare(text)
            return self._reopens and text.startswith(_CHAINS) and self._reopen(text)
        if self._group and self._state != "frames" and _MARGIN.match(text):
            self._excerpt.add(text)  # the exceptions inside a group are told, not counted
            return True
        if START in text and self._state != "frames":
            return self._begin(text)
        inner = self._strip(text)
        if self._state == "frames":
            return self._in_frames(inner)
        return self._in_message(inner) if self._state == "message" else self._in_gap(inner)

    def close(self) -> None:
        """The log ended: what is open is finished as it stands."""
        told = self._piece.frames or self._piece.error_type
        if self._state != "idle" and told and not (self._bare and self._piece.place is None):
            self._store()
        self._state = "idle"

    def _begin(self, text: str) -> bool:
        prefix = text[: text.index(START)]
        if self._state != "chain":
            self.close()
            self._excerpt = Excerpt()
            self._piece = Piece(framework="python", kind="other")
        self._group = prefix.endswith("Exception Group ")
        self._prefix = "" if self._group else prefix
        self._state, self._reopens, self._after = "frames", False, 0
        self._bare = False
        self._excerpt.add(text)
        return True

    def _begin_bare(self, text: str) -> bool:
        # For a SyntaxError in the program itself Python prints no "Traceback" line.
        self._begin(START)
        self._excerpt = Excerpt()
        self._bare = True
        return self._in_frames(text)

    def _reopen(self, text: str) -> bool:
        # A message with blank lines in it looked like the end; the chain says it was not.
        self._piece = self.pieces.pop()
        self._state, self._reopens = "chain", False
        self._excerpt.add(text)
        return True

    def _strip(self, text: str) -> str:
        if self._group:
            found = _MARGIN.match(text)
            return text[found.end() :] if found else text
        if self._prefix and text.startswith(self._prefix.rstrip()):
            return text[len(self._prefix) :]
        return text

    def _in_frames(self, text: str) -> bool:
        frame = match_frame(text) if "File " in text else None
        if frame:
            if len(self._piece.frames) < _MAX_FRAMES:
                self._piece.frames.append(frame)
            else:
                self._piece.frames[-1] = frame
            self._excerpt.add(text)
            return True
        if text[:1] in (" ", "\t") or text.startswith("[Previous line"):
            self._excerpt.add(text)
            return True
        error_type, _ = split_error(text)
        if not text or error_type is None:
            # An empty source line (stripped), or another thread's output in between.
            self._after += 1
            if self._after > _STRAY_LINES:
                self.close()
            return False
        self._excerpt.add(text)
        self._piece.place = self._syntax_place(text)
        self._piece.message_cut = False
        self._piece.set_error(text)
        self._state, self._after = "message", 0
        return True

    def _syntax_place(self, error: str) -> tuple[str, int] | None:
        # A SyntaxError's own "File" line has no function: it is the place, not a call.
        if error.startswith(("SyntaxError", "IndentationError", "TabError")) and self._piece.frames:
            path, line, function = self._piece.frames[-1]
            return None if function else (path, line)
        return None

    def _in_message(self, text: str) -> bool:
        self._after += 1
        if not text.strip():
            self._state = "gap"
            return True
        if self._after > _MESSAGE_LINES:
            self.close()
            return False
        self._excerpt.add(text)
        return True

    def _in_gap(self, text: str) -> bool:
        if text.startswith(_CHAINS):
            self._excerpt.add("")
            self._excerpt.add(text)
            self._state = "chain"
            return True
        if not text.strip():
            return True
        self.close()
        return False

    def _store(self) -> None:
        error = ": ".join(p for p in (self._piece.error_type or "", self._piece.message) if p)
        self._piece.settle()
        self._piece.excerpt = self._excerpt.text(error)
        if len(self.pieces) < self._limit:
            self.pieces.append(self._piece)
            self._reopens = True
        else:
            self.dropped += 1
