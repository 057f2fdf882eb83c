"""The report of a run folder in which something is missing or harmed: it tells of all the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve import journal, rundir
from improve.records import Attempt, Fix, Request, RootCause, ValidatedRequest
from improve.report.write import write_report

TOOLKIT = Path(__file__).parents[2]
VALIDATED = ValidatedRequest(
    request=Request(deterministic=True, prompt="CI is red"), request_path=Path("/a/info.json"),
    name="shop", slug="shop", repository=Path("/a/shop"), toolkit_prefix="", head="1" * 40,
    branch="main", agents=("embedded",),
)  # fmt: skip
FIX = Fix(
    outcome="fixed", attempts=(Attempt(number=1, agent="embedded", outcome="kept"),), kept=1,
    patch="fix.patch", base="main", root_cause=RootCause(summary="a price is left out"),
)  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a fix, whose phases have ended."""
    place = tmp_path / "2026-01-02_03-04-05_shop"
    place.mkdir()
    rundir.save(place, VALIDATED)
    rundir.save(place, FIX)
    (place / "request.json").write_text("{}")
    (place / "fix.patch").write_text("--- a/shop.py\n+++ b/shop.py\n")
    journal.append(place, "session")
    journal.append(place, "failed", phase="publish", error="no room on the disk", seconds=2)
    journal.append(place, "done", phase="publish", seconds=3)
    return place


def report(run: Path) -> str:
    write_report(run, TOOLKIT)
    return run.with_name(f"{run.name}.md").read_text()


def test_a_patch_that_is_missing_is_told_and_the_rest_as_well(run: Path) -> None:
    assert "+++ b/shop.py" in report(run), "the control"
    (run / "fix.patch").unlink()
    told = report(run)
    assert "no longer in the run folder (fix.patch)" in told and "--from fix" in told
    assert "a price is left out" in told and "+++ b/shop.py" not in told


def one_byte(content: bytes) -> list[bytes]:
    """The content with another byte, at each place in turn."""
    return [content[:at] + b"_" + content[at + 1 :] for at in range(len(content))]


def test_no_byte_of_the_journal_keeps_the_report_from_being_written(run: Path) -> None:
    whole = (run / journal.NAME).read_bytes()
    assert "| publish |" in report(run) and "no room on the disk" not in report(run), "the control"
    told = set()
    for content in one_byte(whole):
        (run / journal.NAME).write_bytes(content)
        told.add(report(run))
        assert journal.session_seconds(run) >= 0
    assert len(told) > 1, "the control: what is harmed is left out"
