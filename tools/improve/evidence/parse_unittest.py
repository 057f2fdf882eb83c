"""Failures as ``unittest`` prints them (Django's runner too), line by line."""

from __future__ import annotations

import re

from improve.evidence.parse_traceback import TracebackParser
from improve.evidence.pieces import Excerpt, Piece, in_repository
from improve.records.evidence import FailureKind

_HEAD = re.compile(r"(FAIL|ERROR|UNEXPECTED SUCCESS): (\S{1,500})(?: \(([\w.<>]{1,500})\))?(.*)$")
_RULE = "-" * 70
_DOUBLE = "=" * 70
_FAILED_IMPORT = "unittest.loader._FailedTest"
_RAN = re.compile(r"Ran \d+ tests? in ")


class UnittestParser:
    """Feed it lines; ``pieces`` holds the finished failures, at most ``limit`` of them."""

    def __init__(self, limit: int = 2000) -> None:
        self.pieces: list[Piece] = []
        self.dropped = 0
        self._limit = limit
        self._state = "idle"
        self._piece: Piece | None = None
        self._qualified = ""
        self._trace = TracebackParser()
        self._excerpt = Excerpt()

    def feed(self, text: str) -> bool:
        """Take one line. True while it belongs to a unittest failure."""
        if self._state == "idle":
            if text == _DOUBLE:
                self._state = "ruled"
                return True
            return False
        if text == _DOUBLE:
            self._finish()
            self._state = "ruled"
            return True
        if self._state == "ruled":
            return self._begin(text)
        if self._state == "head":
            if text == _RULE:
                self._state = "body"
            return True
        return self._in_body(text)

    def close(self) -> None:
        """The log ended: what is open is finished as it stands."""
        self._finish()
        self._state = "idle"

    def _begin(self, text: str) -> bool:
        found = _HEAD.match(text)
        if not found:
            self._state = "idle"
            return False
        self._state = "head"
        self._trace, self._excerpt = TracebackParser(), Excerpt()
        self._excerpt.add(text)
        word, name, self._qualified = found[1], found[2], found[3] or ""
        self._piece = Piece(framework="unittest", kind=_kind(name, self._qualified), title=name)
        if word == "UNEXPECTED SUCCESS":
            self._piece.message = "unexpected success"
        return True

    def _in_body(self, text: str) -> bool:
        if text == _RULE or _RAN.match(text):
            self._finish()
            self._state = "idle"
            return True
        self._excerpt.add(text)
        self._trace.feed(text)
        return True

    def _finish(self) -> None:
        piece, self._piece = self._piece, None
        if piece is None:
            return
        self._trace.close()
        if self._trace.pieces:
            error = self._trace.pieces[-1]
            piece.error_type, piece.message = error.error_type, error.message
            piece.frames, piece.place = error.frames, error.place
            piece.message_cut = error.message_cut
        piece.node_id = _node_id(piece, self._qualified)
        piece.settle()
        piece.excerpt = self._excerpt.text(piece.message)
        if len(self.pieces) < self._limit:
            self.pieces.append(piece)
        else:
            self.dropped += 1


def _kind(name: str, qualified: str) -> FailureKind:
    if qualified.startswith(_FAILED_IMPORT):
        return "collection"
    if name.startswith("setUp"):
        return "setup"
    return "teardown" if name.startswith("tearDown") else "call"


def _node_id(piece: Piece, qualified: str) -> str | None:
    """The pytest node id of ``test_x (pkg.mod.Class.test_x)`` or the older ``(pkg.mod.Class)``."""
    name = piece.title
    if piece.kind == "collection":
        return _file(name, piece) if name else None
    dotted = qualified.removesuffix(f".{name}") if qualified else name.rpartition(".")[0]
    if not dotted:
        return None
    if name in ("setUpModule", "tearDownModule"):
        return _file(dotted, piece)
    module, _, owner = dotted.rpartition(".")
    if not module:
        return None
    node = f"{_file(module, piece)}::{owner}"
    return node if name in ("setUpClass", "tearDownClass") else f"{node}::{name.split('.')[-1]}"


def _file(module: str, piece: Piece) -> str:
    """The module's file; a frame that runs in it knows the folder that tests started from."""
    path = module.replace(".", "/") + ".py"
    for frame, _, _ in piece.frames:
        inside = in_repository(frame)
        if inside.endswith("/" + path) and not inside.startswith("/"):
            return inside
    return path
