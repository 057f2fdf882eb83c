"""Cleans log text: terminal escapes, invisible characters, and the dress of GitHub Actions.

Everything downstream (parsers, prompts, reports) sees only what this module lets through.
Lines are cut at ``CAP`` characters first, so no pattern of this room ever meets a long line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from improve.visible import ESCAPES, INVISIBLE

CAP = 4096

_SEPARATORS = re.compile("[\n\u2028\u2029]")
_STAMP = re.compile(r"\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z ?")
_MARK = re.compile(
    r"(?:##\[(group|endgroup|error|warning|notice|section|command|debug)\]"
    r"|::(group|endgroup|error|warning|notice|debug)[^:]{0,300}::|\[(command)\])"
)


class Line(NamedTuple):
    """One clean line: its text, GitHub's mark ('group', 'error', ... or ''), and its job."""

    text: str
    mark: str = ""
    job: str | None = None


def strip_controls(text: str) -> str:
    """One line without escapes and invisible characters; tabs stay. Never longer than ``CAP``."""
    if len(text) > CAP:
        text = text[:CAP]
    if text.isascii() and text.isprintable():  # the usual line: two looks in C and done
        return text
    text = ESCAPES.sub("", text)
    return _SEPARATORS.sub(" ", INVISIBLE.sub("", text))


def undress(text: str) -> Line:
    """Strip the dress of GitHub Actions from one raw line (no line end in it) and clean it.

    Understands the runner's ``<timestamp> text``, the ``job<TAB>step<TAB><timestamp> text`` of
    ``gh run view --log``, and the ``##[mark]`` or ``::mark::`` in front of a text.
    """
    job = None
    if text[:1] in ("2", "\ufeff"):
        stamp = _STAMP.match(text)
        if stamp:
            text = text[stamp.end() :]
    elif "\t" in text[:400]:
        first = text.find("\t")
        second = text.find("\t", first + 1)
        stamp = _STAMP.match(text, second + 1) if second > 0 else None
        if stamp:
            job = strip_controls(text[:first]).strip()[:200] or None
            text = text[stamp.end() :]
    text = strip_controls(text).rstrip()
    mark = ""
    if text[:1] in ("#", ":", "["):
        found = _MARK.match(text)
        if found:
            mark = found[1] or found[2] or found[3]
            text = text[found.end() :]
    return Line(text, mark, job)


def clean_line(text: str) -> str:
    """The readable text of one raw log line; of a progress bar (lone CR) the last state."""
    if len(text) > CAP:
        text = text[:CAP]
    text = text.rstrip("\r\n")
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    return undress(text).text


def clean_text(text: str) -> str:
    """Many lines, each as ``clean_line`` leaves it, joined with LF."""
    return "\n".join(clean_line(line) for line in text.split("\n"))


def decode(raw: bytes) -> str:
    """Bytes of one line as text: UTF-8, wrong bytes replaced, cut at ``CAP``. Never raises."""
    if len(raw) < CAP:
        return raw.decode("utf-8", "replace")
    text = raw[:CAP].decode("utf-8", "replace")
    # Half of a secret is no longer known as one, so the word at the cut goes.
    border = text.rfind(" ", len(text) // 2)
    return text[:border] if border > 0 else text
