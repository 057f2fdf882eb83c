"""Going on with a run: what is finished stays, what was asked for again is made anew."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from improve import journal, ledger, rundir
from improve.cli import PHASES
from improve.phases.resume import prepare
from improve.records import Evidence, Fix, Publication, ReportFacts, Reproduction
from improve.records.usage import Spending, Usage


def run_with(folder: Path, outcome: str) -> Path:
    rundir.save(folder, Evidence(source="raw-logs"))
    rundir.save(folder, Reproduction(outcome="reproduced", commit="1" * 40))
    rundir.save(folder, Fix.model_validate({"outcome": outcome}))
    rundir.save(folder, Publication(outcome="nothing_to_publish"))
    rundir.save(folder, ReportFacts(status="partial", path="x.md", headline="so far"))
    for name in ("attempts/1/attempt.json", "proof/before.json"):
        rundir.write_whole(folder / name, b"{}")
    return folder


def left(run: Path) -> list[str]:
    return sorted(path.stem for path in run.glob("*.json"))


@pytest.mark.parametrize(
    ("outcome", "first", "stays"),
    [
        ("not_fixed", None, ["fetch-logs", "fix", "publish", "reproduce"]),
        ("out_of_budget", None, ["fetch-logs", "reproduce"]),
        ("fixed", "publish", ["fetch-logs", "fix", "reproduce"]),
        ("fixed", "fix", ["fetch-logs", "reproduce"]),
        ("fixed", "reproduce", ["fetch-logs"]),
        ("fixed", "fetch-logs", []),
    ],
)
def test_what_stays(tmp_path: Path, outcome: str, first: str | None, stays: list[str]) -> None:
    run = run_with(tmp_path, outcome)
    prepare(run, PHASES, first)
    assert left(run) == stays
    assert len(list(run.glob("*.json.before"))) == 5 - len(stays), "an artifact was lost"


@pytest.mark.parametrize("first", [None, "publish", "report"])
def test_attempts_that_are_finished_are_not_paid_for_again(
    tmp_path: Path, first: str | None
) -> None:
    run = run_with(tmp_path, "out_of_budget")
    prepare(run, PHASES, first)
    assert (run / "attempts/1/attempt.json").is_file() and (run / "proof/before.json").is_file()


@pytest.mark.parametrize("first", ["fetch-logs", "reproduce", "fix"])
def test_a_fix_asked_for_again_is_tried_again(tmp_path: Path, first: str) -> None:
    run = run_with(tmp_path, "not_fixed")
    for _ in range(2):  # the second time there is something in the way
        prepare(run, PHASES, first)
        assert not (run / "attempts").exists() and not (run / "proof").exists()
        assert (run / "attempts.before/1/attempt.json").is_file()
        run_with(run, "not_fixed")


def test_a_damaged_fix_is_left_for_its_phase_to_name(tmp_path: Path) -> None:
    run = run_with(tmp_path, "fixed")
    (run / "fix.json").write_text("{")
    prepare(run, PHASES, None)
    assert (run / "fix.json").read_text() == "{"


def test_an_event_after_a_crash_is_not_glued_to_the_line_that_was_cut(tmp_path: Path) -> None:
    """Else a resumed session's own beginning is lost, and its time counts from the first one's."""
    journal.append(tmp_path, "session")
    with (tmp_path / journal.NAME).open("a") as stream:
        stream.write('{"event": "do')
    journal.append(tmp_path, "session", process=2)
    assert [event.get("process") for event in journal.events(tmp_path)] == [None, 2]


@pytest.mark.parametrize(
    ("first", "stay"), [("fix", ["reproduction by claude"]), ("reproduce", []), (None, None)]
)
def test_what_is_made_anew_is_neither_found_nor_charged_again(
    tmp_path: Path, first: str | None, stay: list[str] | None
) -> None:
    """Else it would be taken for interrupted, and never asked again."""
    run = run_with(tmp_path, "not_fixed")
    purposes = ["attempt 1", "question to claude", "reproduction by claude"]
    for purpose in purposes:
        ledger.append(run, Spending(purpose=purpose, agent="claude", usage=Usage(model="m")))
    for name in ("questions", "reproduction-attempts"):
        rundir.write_whole(run / name / "claude" / "proposal.json", b"{}")
    prepare(run, PHASES, first)
    assert len(ledger.spendings(run)) == 3, "what was spent stays"
    left_as_they_were = [one.purpose for one in ledger.spendings(run) if one.purpose in purposes]
    assert left_as_they_were == (purposes if stay is None else stay)
    assert (run / "questions").exists() == (first is None)
    assert (run / "reproduction-attempts").exists() == (first != "reproduce")


def prepare_killed_at(run: Path, first: str, number: int) -> bool:
    """``prepare`` in a process that is killed before its change of that number in the folder."""
    child = os.fork()
    if not child:
        left_to_do = iter(range(number))

        def count(event: str, _of: object) -> None:
            changes = event in ("os.rename", "os.remove", "os.rmdir")
            if changes and next(left_to_do, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        prepare(run, PHASES, first)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def whole_run(folder: Path) -> Path:
    """One that has paid for attempts in two phases, and was made anew once before."""
    for _ in range(2):
        run_with(folder, "not_fixed")
        for purpose in ("attempt 1", "question to claude", "reproduction by claude"):
            ledger.append(folder, Spending(purpose=purpose, agent="claude", usage=Usage(model="m")))
        for name in ("questions", "reproduction-attempts"):
            rundir.write_whole(folder / name / "claude" / "proposal.json", b"{}")
        for name in ("attempts", "proof", "questions", "reproduction-attempts"):
            shutil.copytree(folder / name, folder / f"{name}.before", dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize("first", PHASES)
def test_killed_at_any_change_it_leaves_what_a_plain_resume_goes_on_with(
    tmp_path: Path, first: str
) -> None:
    before = [kind.schema_name for kind in (Evidence, Reproduction, Fix, Publication, ReportFacts)]
    number, killed = 0, True
    while killed:
        run = whole_run(tmp_path / str(number))
        killed = prepare_killed_at(run, first, number)
        there = [name for name in before if (run / f"{name}.json").exists()]
        assert there == before[: len(there)], f"{number}: a later phase counts as done"
        paid = {one.purpose for one in ledger.spendings(run)}
        assert len(ledger.spendings(run)) == 6, f"{number}: what was spent is lost"
        if not (run / "attempts/1/attempt.json").exists():
            assert "attempt 1" not in paid, f"{number}: it would be taken for interrupted"
        if "reproduce" not in there:
            old = [name for name in ("attempts", "proof", "questions") if (run / name).exists()]
            assert not old, f"{number}: attempts at the failure as it was reproduced before"
            assert "question to claude" not in paid
        prepare(run, PHASES, None)
        assert left(run) == sorted(name for name in there if name != "report"), number
        number += 1
    assert number > len(before) - before.index(first), "the control: it was killed in between"
