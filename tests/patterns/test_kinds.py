"""Flaky, broken or unknown: judged from what a test did, commit by commit."""

from __future__ import annotations

import pytest

from improve.patterns.kinds import Judged, judge
from improve.records.history import Part, Row


def judged(outcomes: str) -> Judged:
    """One commit a sign, two runs each: ``.`` pass, ``x`` fail, ``?`` do one of each."""
    parts, rows, when = [], [], {}
    for number, sign in enumerate(outcomes):
        sha = f"{number:040x}"
        when[sha] = number
        for failed in {".": (False, False), "x": (True, True), "?": (True, False)}[sign]:
            rows.append(Row(len(parts), failed, "", -1, -1, None, -1))
            parts.append(Part(key=str(len(parts)), run=str(number), job="test", sha=sha))
    return judge(rows, parts, when)


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [
        ("." * 40 + "?" + "." * 20, "flaky"),
        ("." * 40 + "x" * 12, "regression"),
        ("." * 40 + "x" + "." * 20, "suspect"),
        ("." * 40 + "x" * 12 + "." * 20 + "?" + "." * 10, "flaky"),
    ],
)
def test_what_it_is(outcomes: str, kind: str) -> None:
    assert judged(outcomes).kind == kind


def test_no_stretch_in_which_it_was_broken_is_part_of_a_flaky_tests_rate() -> None:
    found = judged("." * 30 + "x" * 12 + "." * 30 + "x" * 9 + "." * 30 + "?" + "." * 10)
    failed = sum(row.failed for row in found.rows)
    assert (found.kind, failed, len(found.rows)) == ("flaky", 1, 202)
    assert found.broken and found.broken.by_commit == f"{30:040x}", "the longer one is told"
    assert found.mended == f"{42:040x}"
