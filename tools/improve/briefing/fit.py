"""Make parts fit a budget of tokens: the most useful first, the rest cut or left out. Pure.

More context is not better context: long prompts cost money at every turn and hide what matters.
The agent can read files by itself; what it is told is where to begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BYTES_A_TOKEN = 3  # of code and logs; the vendors' tokenisers are at 3.2 to 4.5: a safe side
LEAST = 80  # a part that would keep fewer tokens than this is left out


@dataclass(frozen=True)
class Part:
    """A titled piece of a prompt. ``keep``: which end tells more when it has to be cut.

    "whole": it is never cut (which tests fail, what the user said).
    """

    title: str
    text: str
    keep: Literal["whole", "head", "tail"] = "head"
    most: int = 6000  # tokens, however much room there is
    language: str = "text"


@dataclass(frozen=True)
class Fitted:
    """Parts in the order given; ``before`` and ``after`` count tokens."""

    parts: tuple[Part, ...]
    left_out: tuple[str, ...]
    before: int
    after: int


def tokens(text: str) -> int:
    """About how many tokens ``text`` is; rather too many than too few."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)


def fit(parts: Sequence[Part], budget: int) -> Fitted:
    """``parts``, most useful first, within ``budget`` tokens.

    Whole parts are taken first, whatever they need; the others share what is left, in order.
    """
    given = [part for part in parts if part.text.strip()]
    left = budget - sum(_cost(part) for part in given if part.keep == "whole")
    kept: list[Part] = []
    left_out: list[str] = []
    for part in given:
        if part.keep == "whole":
            kept.append(part)
            continue
        room = min(left, part.most)
        made = part if _cost(part) <= room else _cut(part, room)
        if made is None:
            left_out.append(part.title)
            continue
        kept.append(made)
        left -= _cost(made)
    before = sum(_cost(part) for part in given)
    return Fitted(tuple(kept), tuple(left_out), before, sum(_cost(part) for part in kept))


def _cost(part: Part) -> int:
    return tokens(part.text) + tokens(part.title) + 8  # the heading and the fence


def _cut(part: Part, room: int) -> Part | None:
    """As many whole lines of the better end as ``room`` allows."""
    if room < LEAST:
        return None
    lines = part.text.split("\n")
    chosen: list[str] = []
    left = room - tokens(part.title) - 24
    for line in lines if part.keep == "head" else reversed(lines):
        shown = line if len(line) <= 600 else line[:600] + " ..."
        cost = tokens(shown + "\n")
        if cost > left:
            break
        left -= cost
        chosen.append(shown)
    gone = f"... ({len(lines) - len(chosen)} lines left out)"
    body = [*chosen, gone] if part.keep == "head" else [gone, *reversed(chosen)]
    return Part(part.title, "\n".join(body), part.keep, part.most, part.language)
