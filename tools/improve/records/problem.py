"""One thing that is wrong with what a person wrote, said so that it can be put right.

Shared by the request and the settings, which lie in different rooms of the same floor.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SHOWN = 48
_TOKEN = re.compile(r"(?:gh[a-z]_|github_pat_|glpat-|sk-|xox[a-z]-|AKIA)[A-Za-z0-9_-]{8,400}")


class Problem(NamedTuple):
    """``where`` is the place ('limits.minutes'); the rest completes the sentence."""

    where: str
    found: str
    allowed: str
    cure: str

    def __str__(self) -> str:
        text = f"{self.where}: found {self.found}; allowed: {self.allowed}"
        return f"{text}\n      -> {self.cure}" if self.cure else text


def listing(title: str, problems: Sequence[Problem]) -> str:
    """Heading with the number of problems, then every problem on lines of its own."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{title} has {count}:", *(f"  - {p}" for p in problems)])


def short(value: object) -> str:
    """``value`` as JSON-like text of at most about 48 characters, printable, without tokens.

    Containers are named by their size alone: their content may be anything, and deep.
    """
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, (list, tuple)):
        return "an empty list" if not value else f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object with {len(value)} keys" if len(value) != 1 else "an object with 1 key"
    if isinstance(value, int) and value.bit_length() > 128:  # str() of a huge int raises
        return "a huge number"
    if not isinstance(value, str):
        return str(value)[:_SHOWN]
    return _short_text(value)


def _short_text(value: str) -> str:
    if not value.strip():
        return "an empty text" if not value else "nothing but white space"
    masked = _TOKEN.sub("***", value[: 20 * _SHOWN])
    if re.match(r"[a-z]{1,9}://[^/\s]{0,300}@", masked):
        return "a URL that holds a user name or password (not shown)"
    cut = masked if len(masked) <= _SHOWN else masked[: _SHOWN - 3] + "..."
    return '"' + repr('"' + cut)[2:-1] + '"'  # repr: no raw control character reaches a terminal


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` was probably meant to be, or None."""
    # 64 characters: difflib is quadratic, and no known word is longer.
    plain = {k.replace("-", "").replace("_", "").lower(): k for k in known}
    bare = word[:64].replace("-", "").replace("_", "").replace(" ", "").lower()
    close = difflib.get_close_matches(bare, plain, n=1, cutoff=0.6)
    return plain[close[0]] if close else None
