"""Text as a reader sees it: nothing in it hides, turns the direction, or steers a terminal.

Used where text comes in (``evidence.clean``) and once more wherever it goes out: Markdown,
terminal, artifacts. The one list of such characters stands here. Pure.
"""

from __future__ import annotations

import json
import re

# CSI, the string commands (OSC, DCS, PM, APC, SOS; an unterminated one ends with the line), then
# every other escape. The classes of one pattern never overlap, so matching stays linear.
ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b|\ufffd\\[)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)
# Drawn as nothing, and still printable for Python: fillers, the grapheme joiner, variation
# selectors (one VS-16 makes an emoji of the sign before it and stays).
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef"
# C0 but tab and LF, C1, soft hyphen, bidi marks and overrides, zero-width, invisible operators,
# byte-order mark, interlinear marks, shorthand and musical controls, tags, surrogates.
_CONTROL = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_TWICE = "(?<=\ufe0f)\ufe0f"
_BLANKS = re.compile(f"[{_BLANK}]|{_TWICE}")
INVISIBLE = re.compile(f"[{_CONTROL}{_BLANK}]|{_TWICE}")
_STEERING = re.compile(f"[{_CONTROL}{_BLANK}\u2028\u2029]|{_TWICE}")
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
_COMMAND = re.compile(r"^([ \t]*:)(?=:)|(##)(?=\[)", re.MULTILINE)


def visible(text: str, keep: str = "") -> str:
    """``text`` without escape sequences, control characters and what is drawn as nothing.

    White space other than the blank and the signs in ``keep`` becomes a blank.
    """
    if text.isascii() and text.isprintable():  # the usual text: two looks in C and done
        return text
    return "".join(
        sign if sign.isprintable() or sign in keep else " " if sign.isspace() else ""
        for sign in _BLANKS.sub("", ESCAPES.sub("", text))
    )


def for_terminal(text: str) -> str:
    """``text`` as it may be printed: its lines stay, and none is a command to GitHub's runner.

    Inside Actions run.sh and step.sh switch commands off; this is for a verb called without them.
    """
    return _COMMAND.sub(r"\1\2 ", visible(text, keep="\n\t"))


def in_json(text: str) -> str:
    r"""The same JSON value, every character in it that steers or hides written as ``\uXXXX``.

    So an artifact keeps an odd test id exactly, and looking at the file is harmless.
    """
    return _STEERING.sub(lambda sign: json.dumps(sign[0])[1:-1], text)
