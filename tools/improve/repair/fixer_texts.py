"""Fixer for texts: the assertion shows what was expected and what came.

Only the *difference* of the two is used, and only where a literal of the product holds the wrong
part: formatting, spelling and punctuation. Inputs of the test are never looked at.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence

from improve.records import Failure
from improve.repair.localise import Suspect
from improve.repair.mutation import Mutation, replace
from improve.repair.source import Source

_ASSERTED = re.compile(r"^(?:AssertionError: )?assert ('[^'\n]{0,400}') == ('[^'\n]{0,400}')", re.M)
_UNITTEST = re.compile(r"^AssertionError: ('[^'\n]{0,400}') != ('[^'\n]{0,400}')", re.M)
_CONTEXT = 3
LEAST_ALIKE = 0.6  # below this the texts are two answers, not one with a slip


def wrong_text(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> Iterator[tuple[str, Mutation]]:
    """Literals of suspicious lines, with the small part changed in which the two texts differ."""
    pair = _ASSERTED.search(text) or _UNITTEST.search(text)
    if not pair:
        return
    try:
        actual, expected = ast.literal_eval(pair.group(1)), ast.literal_eval(pair.group(2))
    except (SyntaxError, ValueError):
        return
    if difflib.SequenceMatcher(None, actual, expected, autojunk=False).ratio() < LEAST_ALIKE:
        return
    # Some suites write the expected value first.
    changes = list(_changes(actual, expected)) + list(_changes(expected, actual))
    places = {(s.path, s.line) for s in suspects}
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            if (path, node.lineno) not in places or _unreachable(source, node):
                continue
            for old, new in changes:
                yield from ((path, m) for m in _edited(source, node, old, new))


def _unreachable(source: Source, node: ast.Constant) -> bool:
    """Docstrings say nothing to a test, and parts of f-strings have no place of their own."""
    return isinstance(source.parents.get(node), (ast.Expr, ast.JoinedStr))


def _changes(actual: str, expected: str) -> Iterator[tuple[str, str]]:
    """(wrong part, right part), each with a little of its surroundings to find it by."""
    matcher = difflib.SequenceMatcher(None, actual, expected, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        # A whole text in place of another would be the test's answer, not a repair.
        if tag == "equal" or j - i > 12 or m - k > 12:
            continue
        for around in (_CONTEXT, 2, 1, 0):
            left = actual[max(0, i - around) : i]
            right = actual[j : j + around]
            if left or right or j > i:
                yield left + actual[i:j] + right, left + expected[k:m] + right


def _edited(source: Source, node: ast.Constant, old: str, new: str) -> Iterator[Mutation]:
    own = source.segment(node)
    if old and own.count(old) == 1 and own.replace(old, new) != own:
        yield replace(source, node, own.replace(old, new), "text", 0.6)
