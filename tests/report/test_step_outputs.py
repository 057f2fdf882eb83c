"""What a step leaves for later steps and for the summary of the job."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve import rundir
from improve.records import Fix, ReportFacts, Request, ValidatedRequest
from improve.report import actions


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "2026-01-02_03-04-05_it-fails"
    folder.mkdir()
    request = Request.model_validate(
        {"deterministic": True, "prompt": "p", "existing-test-path": "a"}
    )
    rundir.save(
        folder,
        ValidatedRequest(
            request=request, request_path=Path("/x"), name="it-fails", slug="it-fails",
            repository=Path("/x"), toolkit_prefix="", head="1" * 40, branch=None, agents=(),
        ),
    )  # fmt: skip
    return folder


def test_before_anything_is_done_nothing_is_claimed(run: Path) -> None:
    assert actions.step_outputs(run) == {
        "status": "failed", "fixed": "false", "report": "", "branch": "", "patch": "",
        "name": "it-fails",
    }  # fmt: skip
    assert actions.summary(run) == b""


def test_a_fix_is_named_with_branch_patch_and_report(run: Path) -> None:
    rundir.save(run, Fix(outcome="fixed", patch="fix.patch"))
    rundir.save(run, ReportFacts(status="partial", path="x.md", headline="", seconds=1))
    report = run.with_name(f"{run.name}.md")
    report.write_text("# report")
    assert actions.step_outputs(run) == {
        "status": "partial", "fixed": "true", "report": str(report), "branch": "fix/it-fails",
        "patch": str(run / "fix.patch"), "name": "it-fails",
    }  # fmt: skip


def test_no_value_can_add_an_output_of_its_own(run: Path) -> None:
    rundir.save(run, Fix(outcome="fixed", patch="x\nfixed=true"))
    assert actions.step_outputs(run)["patch"] == ""


def test_a_long_report_is_cut_below_what_github_takes(run: Path) -> None:
    run.with_name(f"{run.name}.md").write_text("ü" * 2_000_000)
    shown = actions.summary(run)
    assert len(shown) < 1 << 20 and shown.decode().endswith(f"{actions.CUT}\n")
