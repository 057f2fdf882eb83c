"""Finds what has the shape of a secret. Pure.

A literal is looked for in C and the pattern tried only where one stands: the whole of a log is never
seen by a regular expression. Most literals are only looked for in the long words of a text: of a log
those are a hundredth, once each is taken a single time.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from improve.redaction.rules import RULES, Rule

LONG_WORD = 15  # characters; a match of a rule on words has at least as many
SHORT_TEXT = 4096  # characters up to which it is quicker to look for every literal
LONGEST_WORD = 8192  # characters; the longest match of a rule on words is shorter
_WORD = re.compile(rb"[A-Za-z0-9_.~/+=%-]")
_WORDS = bytes(sign if _WORD.match(bytes([sign])) else 32 for sign in range(256))
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class Span(NamedTuple):
    """Where a secret stands in a text, and its kind in words."""

    start: int
    end: int
    kind: str


def in_characters(data: bytes, places: Sequence[tuple[int, int, str]]) -> list[Span]:
    """Places in UTF-8 as places in the text; a character that is cut belongs to the place."""
    whole = [
        (_boundary(data, start, -1), _boundary(data, end, 1), kind) for start, end, kind in places
    ]
    points, before, number = {}, 0, 0
    for at in sorted({at for start, end, _ in whole for at in (start, end)}):
        number += len(data[before:at].decode("utf-8", "surrogatepass"))
        points[at], before = number, at
    return [Span(points[start], points[end], kind) for start, end, kind in whole]


def _boundary(data: bytes, at: int, step: int) -> int:
    while 0 < at < len(data) and data[at] & 0xC0 == 0x80:
        at += step
    return at


def shapes(text: str) -> list[Span]:
    """Every shape of a secret in the text, in no order; they may overlap."""
    rules = RULES if len(text) <= SHORT_TEXT else _possible(text)
    folded = _folded(text) if any(rule.folded for rule in rules) else ""
    found = [
        span for rule in rules for span in _of_rule(rule, text, folded if rule.folded else text)
    ]
    return [*found, *_glued(text, [rule for rule in rules if rule.in_word], found)]


def _possible(text: str) -> list[Rule]:
    """The rules of which a literal is there."""
    data = text.encode("utf-8", "surrogatepass")
    long = {one for one in data.translate(_WORDS).split() if len(one) >= LONG_WORD}
    words, folded = b"\n".join(long), data.lower()
    return [
        rule
        for rule in RULES
        for haystack in (words if rule.in_word else folded if rule.folded else data,)
        if any(literal in haystack for literal in rule.raw)
    ]


def _of_rule(rule: Rule, text: str, haystack: str) -> Iterator[Span]:
    for literal in rule.literals:
        at = haystack.find(literal)
        while at >= 0:
            after = at + len(literal)
            for before in rule.before:
                hit = rule.pattern.match(text, at - before) if at >= before else None
                if hit:
                    kept = hit.end("keep") if "keep" in hit.re.groupindex else hit.start()
                    yield Span(kept, hit.end(), rule.kind)
                    after = max(after, hit.end())
                    break
            at = haystack.find(literal, after)


def _glued(text: str, rules: Sequence[Rule], found: Sequence[Span]) -> Iterator[Span]:
    """Secrets that begin where another one ends, or in its last signs: no word begins there."""
    waiting = [(span.start, span.end) for span in found]
    heapq.heapify(waiting)
    reach = 0  # how far all has been looked at
    while waiting:
        start, end = heapq.heappop(waiting)
        start, reach = max(start + 1, reach), max(end, reach)
        for rule in rules if start <= end else ():
            for literal in rule.literals:
                span = _first_beyond(text, rule, literal, start, end)
                if span:
                    yield span
                    heapq.heappush(waiting, (span.start, span.end))


def _first_beyond(text: str, rule: Rule, literal: str, start: int, end: int) -> Span | None:
    """The first that begins in ``start`` to ``end`` and reaches farther, as if a word began there."""
    last = end + max(rule.before) + len(literal)
    at = text.find(literal, start, last)
    while at >= 0:
        for first in (at - before for before in rule.before):
            if start <= first <= end:
                hit = rule.pattern.match(text[first : at + LONGEST_WORD])
                if hit and first + hit.end() > end:
                    kept = hit.end("keep") if "keep" in hit.re.groupindex else 0
                    return Span(first + kept, first + hit.end(), rule.kind)
        at = text.find(literal, at + 1, last)
    return None


def _folded(text: str) -> str:
    """In lower case, and of the same length: a few letters become two when they are lowered."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_FOLD)
