"""Whether a failure seen here is the failure that the log told of."""

from __future__ import annotations

import difflib
import re
from typing import Literal, NamedTuple

from improve.evidence.pytest_section import title_of
from improve.evidence.signature import bare_type, normal_message
from improve.records.evidence import Failure

_SIMILAR = 0.6
_SHORTEST_PREFIX = 8
_WORD = re.compile(r"<\w+>|\w+")


class Match(NamedTuple):
    """``same`` says whether to take them for one failure; ``reason`` says why, in words."""

    same: bool
    grade: Literal["exact", "same_type", "different"]
    reason: str


def compare(expected: Failure, observed: Failure) -> Match:
    """Compare what the log told (``expected``) with what was seen here (``observed``).

    Tolerates cut and elided messages, numbers and addresses, qualified names, and assertions
    that were rewritten on one side only. A log that names no error is decided by the test.
    """
    special = _compare_kinds(expected, observed)
    if special:
        return special
    wanted, seen = bare_type(expected), bare_type(observed)
    if wanted is None or seen is None:
        return _without_type(expected, observed, wanted, seen)
    if wanted != seen:
        return Match(False, "different", f"expected {wanted}, saw {seen}")
    return _compare_messages(expected, observed, wanted)


def _compare_kinds(expected: Failure, observed: Failure) -> Match | None:
    for kind in ("crash", "timeout"):
        if expected.kind == kind == observed.kind:
            equal = normal_message(expected.message) == normal_message(observed.message)
            reason = f"both ended in a {kind}" + (" with the same message" if equal else "")
            return Match(True, "exact" if equal else "same_type", reason)
        if kind in (expected.kind, observed.kind):
            other = observed if expected.kind == kind else expected
            side = "here" if other is observed else "in the log"
            return Match(False, "different", f"a {kind} on one side, {_told(other)} {side}")
    return None


def _told(failure: Failure) -> str:
    return bare_type(failure) or "a failure without an error name"


def _without_type(
    expected: Failure, observed: Failure, wanted: str | None, seen: str | None
) -> Match:
    messages = normal_message(expected.message), normal_message(observed.message)
    if messages[0] and messages[0] == messages[1]:
        return Match(True, "exact", "the same message; the error's name is not told")
    if messages[0] and messages[1] and wanted == seen:
        if _alike(expected, observed):
            return Match(True, "exact", "the same message as far as it is told")
        return Match(False, "different", "neither names an error, and the messages differ")
    named = wanted or seen or "nothing"
    if _same_test(expected, observed):
        return Match(True, "same_type", f"the same test failed; only one side names {named}")
    return Match(False, "different", "no error name to compare, and not the same test")


def _compare_messages(expected: Failure, observed: Failure, name: str) -> Match:
    wanted, seen = normal_message(expected.message), normal_message(observed.message)
    if wanted == seen:
        return Match(True, "exact", f"{name} with the same message")
    if wanted and seen and _alike(expected, observed):
        return Match(True, "exact", f"{name} with the same message as far as the log shows it")
    if not wanted or not seen:
        return Match(True, "same_type", f"{name} on both sides; one side shows no message")
    one_rewritten = wanted.startswith("assert ") != seen.startswith("assert ")
    if name == "AssertionError" and one_rewritten and _same_test(expected, observed):
        return Match(True, "same_type", "the same assertion, rewritten on one side only")
    ratio = difflib.SequenceMatcher(None, _words(wanted), _words(seen), autojunk=False).ratio()
    if ratio >= _SIMILAR:
        return Match(True, "same_type", f"{name} with a similar message ({ratio:.0%} alike)")
    if _same_place(expected, observed):
        return Match(True, "same_type", f"{name} raised at the same place, with another message")
    return Match(False, "different", f"{name} on both sides, but {seen[:80]!r} is another message")


def _words(text: str) -> list[str]:
    return _WORD.findall(text)[:120] or list(text[:120])


def _alike(expected: Failure, observed: Failure) -> bool:
    """Equal but for what one side cut at the end or left out ('...') in the middle."""
    sides = (expected, observed), (observed, expected)
    return any(_covers(cut.message, cut.message_cut, whole.message) for cut, whole in sides)


def _covers(cut_text: str, is_cut: bool, whole_text: str) -> bool:
    cut, whole = normal_message(cut_text), normal_message(whole_text)
    if is_cut:
        # The cut may have gone through a number or a path: compare before the last word, too.
        stem = cut.rstrip(".\u2026 ")
        for head in (stem, stem.rpartition(" ")[0]):
            if len(head) >= _SHORTEST_PREFIX and whole.startswith(head):
                return True
    parts = [part for part in re.split(r"\.{3}|\u2026", cut) if part.strip()]
    if len(parts) < 2 and not (parts and len(parts[0]) < len(cut)):
        return False
    if sum(map(len, parts)) < _SHORTEST_PREFIX or not whole.startswith(parts[0]):
        return False
    at = 0
    for part in parts:
        at = whole.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _same_test(expected: Failure, observed: Failure) -> bool:
    """The same test function, in whatever file and with whatever parameters."""
    if not expected.node_id or not observed.node_id:
        return False
    names = [title_of(f.node_id or "").partition("[")[0] for f in (expected, observed)]
    return names[0] == names[1] or names[0].rpartition(".")[2] == names[1].rpartition(".")[2]


def _same_place(expected: Failure, observed: Failure) -> bool:
    """Raised in the same function of the same file (line numbers move)."""
    if not expected.frames or not observed.frames:
        return False
    last = expected.frames[-1], observed.frames[-1]
    if not last[0].function or last[0].function != last[1].function:
        return False
    return last[0].file.rpartition("/")[2] == last[1].file.rpartition("/")[2]
