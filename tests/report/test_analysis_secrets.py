"""An analysis tells no secret, wherever it came from: as Markdown, as page, in what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.secrets import SECRETS, WORLD

from improve.records.analysis import Analysis, Case, Finding, Group, Outage, Signature, Window
from improve.redaction import remember
from improve.report import analysis as report

TOP = Path(__file__).parents[2]


@pytest.fixture
def known() -> Iterator[None]:
    """The environment of this process holds a secret of each kind."""
    remember(WORLD)
    yield
    remember({})


def analysis(said: str) -> Analysis:
    """One with ``said`` in every field that shows a text."""
    window = Window(after_commit=said, after_time=said, by_commit=said, by_time=said)
    finding = Finding(dimension=said, level=said, failures_with=5, runs_with=6, failures_without=1,
                      runs_without=90, q=0.001, words=said, same_runs=(said,))  # fmt: skip
    case = Case(test=f"tests/test_a.py::test_b[{said}]", kind="flaky", failures=6, runs=96, rate=0.06,
                interval=(0.02, 0.13), both_ways=3, began=window, broken=window, only_jobs=(said,),
                last_failure=said, last_commit=said, last_url=f"https://example.org/{said}",
                findings=(finding,), signatures=(Signature(text=said, failures=6),),
                days=(("2026-01-01", 1, 9), ("2026-01-02", 5, 87)))  # fmt: skip
    group = Group(rank=1, cases=(case,), red_jobs=6, minutes=60.0, hint=said, amplifier="plain",
                  request="requests/01.json")  # fmt: skip
    outage = Outage(job=said, run=said, commit=said, started=said, failed=90, tests=100)
    return Analysis(source=said, runs=96, jobs=96, commits=12, tests=40, results=3840, first=said,
                    last=said, level=0.05, questions=100, groups=(group,), regressions=(case,),
                    suspects=(case,), outages=(outage,), notes=(said,))  # fmt: skip


def shown(said: str, into: Path) -> list[str]:
    requests = {"requests/01.json": {"prompt": said}}
    files = report.write_analysis(analysis(said), requests, into, TOP, "2026-01-03")
    return [one.read_text() for one in files]


def test_no_report_of_an_analysis_tells_a_secret(tmp_path: Path, known: None) -> None:
    for kind, secret in list(SECRETS.items())[::6]:
        for text in shown(f"<see> {secret} & there", tmp_path):
            assert secret[10:] not in text, f"{kind} stands in {text[:60]!r}..."
            assert "see" in text and "there" in text


def test_without_redaction_the_page_tells_it(
    tmp_path: Path, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "redact", lambda text: text)
    secret = next(one for one in SECRETS.values() if one.isalnum())
    _markdown, page = shown(f"see {secret} there", tmp_path)  # the filters of Markdown redact, too
    assert secret[10:] in page
