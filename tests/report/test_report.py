"""The report for every combination of artifacts: complete, honest, and safe to open."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve import journal, markdown, rundir
from improve.records import (
    Attempt,
    Developer,
    Failure,
    Fix,
    Proof,
    Publication,
    Reproduction,
    Request,
    RootCause,
    SuiteComparison,
    TargetEnvironment,
    ValidatedRequest,
    Verdict,
)
from improve.report.status import headline, next_steps, status
from improve.report.write import write_report

TOOLKIT = Path(__file__).parents[2]
HOSTILE = (
    "a | b\n## 9. Forged\n@someone fixes #1 <b> `x` \x1b[31m \u202e https://h.invalid/issues/1"
)
FAILURE = Failure(node_id="t.py::a[x|y]", error_type="ValueError", message=HOSTILE, excerpt=HOSTILE)
VALIDATED = ValidatedRequest(
    request=Request(deterministic=True, prompt=HOSTILE),
    request_path=Path("/a folder/info.json"),
    name="shop", slug="shop", repository=Path("/a folder/shop"), toolkit_prefix="", head="1" * 40,
    branch="main", agents=("embedded",), notes=(HOSTILE,),
)  # fmt: skip
OUTCOMES = ("reproduced", "intermittent", "not_reproduced", "no_failure_in_log", "could_not_run")
ATTEMPTS = ("kept", "refused", "no_change", "not_fixed", "proof_failed", "agent_failed", "skipped")


def reproduction(
    outcome: str, *, branch: str = "repro/shop", kind: str = "minimal"
) -> Reproduction:
    return Reproduction.model_validate(
        {
            "outcome": outcome, "commit": "2" * 40, "kind": kind, "node_ids": ("t.py::a[x|y]",),
            "original_node_ids": ("t.py::a[x|y]",), "expected": FAILURE, "observed": FAILURE, "runs": 3,
            "failed_runs": 2, "test_lines": 9, "branch": branch, "branch_commit": "3" * 40, "base": "main",
            "base_commit": "4" * 40, "base_reason": HOSTILE, "differences": (HOSTILE,), "notes": (HOSTILE,),
            "environment": TargetEnvironment(python="p", python_version="3.11", key="", source=HOSTILE),
        }
    )  # fmt: skip


def proof(outcome: str) -> Proof:
    shown = Verdict(rule="suite", passed=outcome == "verified", reason=HOSTILE, shown=False)
    suite = SuiteComparison(complete=outcome == "verified", newly_passing=("t.py::a[x|y]",))
    return Proof.model_validate({"outcome": outcome, "steps": (shown,), "suite": suite})


def attempts(*outcomes: str) -> tuple[Attempt, ...]:
    return tuple(
        Attempt.model_validate(
            {
                "number": number, "agent": "embedded", "outcome": outcome, "reason": HOSTILE,
                "explanation": HOSTILE, "patch": f"attempts/{number}/patch.diff", "files": ("shop.py",),
            }
        )
        for number, outcome in enumerate(outcomes, start=1)
    )  # fmt: skip


def fixed(how: str) -> Fix:
    kept = attempts("kept")[0].model_copy(update={"proof": proof(how)})
    return Fix(
        outcome="fixed", reason="proven", attempts=(*attempts("refused"), kept.model_copy(update={"number": 2})),
        kept=2, patch="fix.patch", base="main", root_cause=RootCause(summary=HOSTILE, locations=(HOSTILE,)),
    )  # fmt: skip


FIXES = {
    "none": None,
    "verified": fixed("verified"),
    "unverified": fixed("unverified"),
    "not_fixed": Fix(outcome="not_fixed", reason=HOSTILE, attempts=attempts(*ATTEMPTS[1:]),
                     best_patch="attempts/3/patch.diff"),
    "out_of_budget": Fix(outcome="out_of_budget", reason="time ran out"),
    "not_attempted": Fix(outcome="not_attempted", reason=HOSTILE),
}  # fmt: skip
PULL = "https://github.com/acme/shop/pull/12"
PUBLICATIONS = {
    "none": None,
    "created": Publication(outcome="created", reason=HOSTILE, branch="fix/shop", base="main", commit="5" * 40,
                           pushed_to="/a|b", pull_request="pull-request.md", title=HOSTILE, patch="fix.patch",
                           developers=(Developer(name=HOSTILE, why=HOSTILE),)),
    "at_github": Publication(outcome="updated", forge="github", reason=HOSTILE, branch="fix/shop", base="main",
                             pushed_to="/a|b", title=HOSTILE, url=PULL, number=12),
    "pushed": Publication(outcome="pushed", forge="github", reason=HOSTILE, branch="fix/shop", base="main",
                          pushed_to="/a|b", title=HOSTILE, by_hand="gh pr create --title '`x|y`'"),
    "kept_local": Publication(outcome="kept_local", branch="fix/shop", pull_request="pull-request.md"),
    "nothing": Publication(outcome="nothing_to_publish", reason=HOSTILE),
}  # fmt: skip
REPRODUCTIONS = {"none": None, **{outcome: reproduction(outcome) for outcome in OUTCOMES},
                 "bare": Reproduction(outcome="could_not_run", commit=""),
                 "command": reproduction("reproduced", branch="", kind="command")}  # fmt: skip
ALL = list(itertools.product(REPRODUCTIONS, FIXES, PUBLICATIONS, ("", "fix")))


WRONG = (
    "@someone",
    "#1",
    "<b>",
    "\x1b",
    "\u202e",
    "https://",
    "None",
    "1 runs",
    "1 attempts",
    "1 failures",
)


def opened(outputs: Path) -> Path:
    run = outputs / "2026-01-02_03-04-05_shop"
    run.mkdir()
    rundir.save(run, VALIDATED)
    (run / "request.json").write_text('{"raw-logs": "token ghp_' + "a" * 36 + '"}')
    (run / "fix.patch").write_text("--- a/shop.py\n+++ b/shop.py\n```\n## 9. Forged\n")
    return run


def test_the_report_of_every_combination(tmp_path: Path) -> None:
    run = opened(tmp_path)
    for case in ALL[::5]:  # 5 divides no number of the kinds: every pair of them is met
        for kind, found in ((Reproduction, REPRODUCTIONS[case[0]]), (Fix, FIXES[case[1]]),
                            (Publication, PUBLICATIONS[case[2]])):  # fmt: skip
            if found is None:
                rundir.artifact_path(run, kind).unlink(missing_ok=True)
            else:
                rundir.save(run, found)
        (run / journal.NAME).unlink(missing_ok=True)
        if case[3]:
            journal.append(run, "failed", phase="publish", error=HOSTILE, seconds=1)
        write_report(run, TOOLKIT)
        check(tmp_path.joinpath(f"{run.name}.md").read_text(), case)


def check(text: str, case: tuple[str, ...]) -> None:
    prose = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)
    assert [int(n) for n in re.findall(r"(?m)^## (\d)\.", prose)] == list(range(1, 9)), case
    assert "```" not in prose, f"{case}: a fence is not closed"
    said = re.sub(r"(?<![\\`])(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)  # without code spans
    said = said.replace(f"<{PULL}>", "")  # ours
    for wrong in WRONG:
        assert wrong not in said, f"{case}: {wrong!r} in\n{said}"
    assert "ghp_a" not in text, "a token of the request is in the report"
    for table in re.findall(r"(?m)(?:^\|.*\n)+", prose):
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, f"{case}: the table is broken:\n{table}"


@pytest.mark.parametrize(
    ("reproduced", "fix", "publication", "error", "expected"),
    [
        ("reproduced", "verified", "created", "", "success"),
        ("reproduced", "verified", "kept_local", "", "success"),
        ("reproduced", "verified", "at_github", "", "success"),
        ("reproduced", "verified", "pushed", "", "success"),
        ("reproduced", "verified", "none", "", "partial"),
        ("reproduced", "verified", "created", "publish: no", "partial"),
        ("reproduced", "unverified", "created", "", "partial"),
        ("reproduced", "not_fixed", "nothing", "", "partial"),
        ("reproduced", "none", "none", "fix: no", "partial"),
        ("intermittent", "not_attempted", "nothing", "", "partial"),
        ("not_reproduced", "not_attempted", "nothing", "", "failed"),
        ("no_failure_in_log", "not_attempted", "nothing", "", "failed"),
        ("could_not_run", "not_attempted", "nothing", "", "failed"),
        ("none", "none", "none", "reproduce: no", "failed"),
    ],
)
def test_the_status_follows_from_the_artifacts(
    reproduced: str, fix: str, publication: str, error: str, expected: str
) -> None:
    given = (REPRODUCTIONS[reproduced], FIXES[fix], PUBLICATIONS[publication], error)
    assert status(*given) == expected


@pytest.mark.parametrize("case", ALL[::5], ids="-".join)
def test_only_what_was_verified_is_called_proven(case: tuple[str, str, str, str]) -> None:
    line = headline(REPRODUCTIONS[case[0]], FIXES[case[1]], PUBLICATIONS[case[2]], case[3])
    assert line.endswith(".") and "\n" not in line
    assert ("A fix is proven" in line) == (case[1] == "verified")


def steps(reproduced: str, fix: str, publication: str, error: str = "") -> str:
    found = next_steps(
        Path("/o/run"), VALIDATED, REPRODUCTIONS[reproduced], FIXES[fix], PUBLICATIONS[publication], error
    )  # fmt: skip
    return "\n".join(found)


def test_next_steps_are_commands_that_can_be_pasted() -> None:
    assert "git -C '/a folder/shop' show fix/shop" in steps("reproduced", "verified", "created")
    assert steps("reproduced", "verified", "at_github").startswith(
        f"Review the draft pull request: <{PULL}>"
    )
    assert "`` gh pr create --title '`x|y`' ``" in steps(
        "reproduced", "verified", "pushed"
    ) or "``gh pr create --title '`x|y`'``" in steps("reproduced", "verified", "pushed")
    told = steps("reproduced", "not_fixed", "nothing")
    assert "python -m pytest 't.py::a[x|y]'" in told and "attempts/3/patch.diff" in told
    assert "./run.sh --request '/a folder/info.json'" in told and "--resume" not in told
    assert "--resume run" in steps("reproduced", "out_of_budget", "nothing")
    assert "git -C '/a folder/shop' apply /o/run/fix.patch" in steps(
        "reproduced", "verified", "none", "publish: refused"
    )
    ended = steps("none", "none", "none", "fetch-logs: Run 7 has no failed job")
    assert "--resume run" in ended and "./run.sh --request '/a folder/info.json'" in ended
    for case in ALL:
        assert steps(case[0], case[1], case[2], case[3]), f"{case}: nothing to do next"


def test_an_error_is_over_when_its_phase_was_finished_after_all(tmp_path: Path) -> None:
    """Killed between the artifact and its line in the journal."""
    run = opened(tmp_path)
    journal.append(run, "failed", phase="reproduce", error="no room on the disk")
    write_report(run, TOOLKIT)
    assert "no room on the disk" in tmp_path.joinpath(f"{run.name}.md").read_text()
    rundir.save(run, reproduction("reproduced"))
    write_report(run, TOOLKIT)
    assert "no room on the disk" not in tmp_path.joinpath(f"{run.name}.md").read_text()


@given(st.text())
def test_no_text_leaves_its_cell_or_its_sentence(text: str) -> None:
    for shown in (markdown.cell(text), markdown.plain(text)):
        assert "\n" not in shown and "\x1b" not in shown
        assert "|" not in re.sub(r"\\.", "", shown)
        shown.encode()
    assert "@" not in markdown.plain(text) and "#" not in markdown.plain(text)
    markdown.fenced(text).encode()


def test_a_proof_with_a_step_that_failed_is_not_called_proven_by_its_word() -> None:
    fix = FIXES["verified"]
    assert fix and fix.attempts[1].proof
    failed = Verdict(rule="suite", passed=False, reason="one broke")
    proof = fix.attempts[1].proof.model_copy(update={"steps": (failed,)})
    kept = fix.attempts[1].model_copy(update={"proof": proof})
    edited = fix.model_copy(update={"attempts": (fix.attempts[0], kept)})
    assert headline(None, fix, None, "").startswith("A fix is proven")
    assert not headline(None, edited, None, "").startswith("A fix is proven")
