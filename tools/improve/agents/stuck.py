"""Notices that attempts go in circles, and says what to ask for instead. Pure.

What was tried is in every prompt anyway; models repeat themselves all the same. A named strategy
changes the job, not only its history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from improve.records import Attempt

Strategy = Literal["", "other_place", "other_cause", "smaller", "allowed_only"]


def strategy(history: Sequence[Attempt], patches: Mapping[int, bytes]) -> tuple[Strategy, str]:
    """What the next attempt is asked to do differently, and why; ('', '') when nothing is stuck.

    ``patches`` holds the diff of each attempt that has one, by its number.
    """
    tried = [one for one in history if one.outcome != "skipped" and one.number in patches]
    if not tried:
        return "", ""
    last = tried[-1]
    body = _body(patches[last.number])
    for one in tried[:-1]:
        if body and _body(patches[one.number]) == body:  # none: files moved, modes, white space
            return "other_cause", f"attempts {one.number} and {last.number} made the same change"
    if last.outcome == "made_worse":
        return "smaller", f"attempt {last.number} made more fail than before"
    if last.outcome == "refused":
        return "allowed_only", f"attempt {last.number} was refused: {last.reason}"
    same = [one for one in tried[:-1] if one.signature and one.signature == last.signature]
    if same and set(same[-1].files) == set(last.files):
        pair = f"attempts {same[-1].number} and {last.number}"
        return "other_place", f"{pair} changed the same files and the same failure stayed"
    if same:
        return "other_cause", "the same failure stayed after changes in different files"
    return "", ""


def _body(patch: bytes) -> tuple[bytes, ...]:
    """The changed lines alone: neither positions nor context, nor the hashes of the files."""
    return tuple(
        b" ".join(line.split())
        for line in patch.split(b"\n")
        if line[:1] in (b"+", b"-") and line[:3] not in (b"+++", b"---") and line[1:].strip()
    )
