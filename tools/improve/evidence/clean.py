"""Cleans log text: terminal escapes, invisible characters, and the dress of GitHub Actions.

Everything downstream (parsers, prompts, reports) sees only what this module lets through.
Lines are cut at ``CAP`` characters first, so no pattern of this room ever meets a long line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

CAP = 4096

# CSI, the string commands (OSC, DCS, PM, APC, SOS; an unterminated one ends with the line), then
# every other escape. The classes of one pattern never overlap, so matching stays linear.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b|\ufffd\\[)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)
# C0 (but tab), C1, soft hyphen, bidi marks and overrides, zero-width, invisible operators,
# byte-order mark, interlinear marks, tag characters, variation selectors 17-256, surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SEPARATORS = re.compile("[\u2028\u2029]")
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
    text = _ESCAPES.sub("", text)
    return _SEPARATORS.sub(" ", _INVISIBLE.sub("", text))


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
