"""A target that no small edit repairs: a duration of several units takes new logic."""

from __future__ import annotations

PRODUCT = '''\
"""Durations as people write them."""

UNITS = {"h": 3600, "m": 60, "s": 1}


def span(text):
    """Seconds of '90s', '5m' or '1h30m'."""
    return int(text[:-1]) * UNITS[text[-1]]
'''
TESTS = """\
from span import span


def test_one_unit():
    assert span("5m") == 300


def test_two_units():
    assert span("1h30m") == 5400
"""
LAST = "    return int(text[:-1]) * UNITS[text[-1]]\n"
RIGHT = """\
    total, digits = 0, ""
    for sign in text:
        if sign in UNITS:
            total, digits = total + int(digits) * UNITS[sign], ""
        else:
            digits += sign
    return total
"""
WRONG = "    return int(text[-3:-1]) * UNITS[text[-1]]\n"
FILES = {
    "span.py": PRODUCT,
    "tests/test_span.py": TESTS,
    "pytest.ini": "[pytest]\ntestpaths = tests\npythonpath = .\n",
}
