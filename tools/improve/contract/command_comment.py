"""A comment that asks for a fix, taken apart: ``/auto-fix [words] [address of a run]``. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from improve.contract.run_url import RunUrl, parse_run_url

COMMAND = "/auto-fix"
MOST = 2000  # characters of the words that go on
_ADDRESS = re.compile(r"https://[^\s<>()\[\]\"'`]{1,1000}")


class Command(NamedTuple):
    """``words`` are for the prompt ('' when there are none), ``run`` the address in the comment."""

    words: str
    run: RunUrl | None


def read_command(body: str) -> Command | None:
    """The command in a comment, or None when the comment is none: it has to begin with it."""
    first, _, rest = body[: 4 * MOST].partition("\n")
    word, _, same_line = first.strip().partition(" ")
    if word != COMMAND:
        return None
    text = f"{same_line}\n{rest}"
    found = [
        place for one in _ADDRESS.findall(text) if (place := parse_run_url(one.rstrip(".,;:")))
    ]
    said = _ADDRESS.sub(lambda one: "" if parse_run_url(one[0].rstrip(".,;:")) else one[0], text)
    return Command(_printable(said).strip()[:MOST].strip(), found[0] if found else None)


def _printable(text: str) -> str:
    # Controls are refused in a prompt; here they are no reason to refuse a person's whole comment.
    return "".join(
        sign
        for sign in text
        if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co")
    )
