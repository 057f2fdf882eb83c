"""The report tells what CI held beside the logs, and nothing of it takes effect in Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from tests.report.test_report import HOSTILE, TOOLKIT, VALIDATED

from improve import rundir
from improve.records import Annotation, CiJob, CiRun, Evidence, JunitFile
from improve.report.write import write_report

SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")  # a code span ends at as many backticks
JOB = CiJob(
    id=1, name="test (3.11)", conclusion="failure", failed_steps=("Run tests",),
    labels=("ubuntu-24.04",), matrix={"python": "3.11", "os": "linux"},
)  # fmt: skip
HARM = JOB.model_copy(
    update={"name": HOSTILE, "matrix": {HOSTILE: HOSTILE}, "labels": (HOSTILE,), "failed_steps": (HOSTILE,)}
)  # fmt: skip


def report(folder: Path, evidence: Evidence) -> str:
    """The report of a run that came no further than its evidence."""
    run = folder / "2026-01-02_03-04-05_shop"
    run.mkdir()
    (run / "request.json").write_text("{}")
    for artifact in (VALIDATED, evidence):
        rundir.save(run, artifact)
    write_report(run, TOOLKIT)
    return run.with_name(f"{run.name}.md").read_text()


def evidence(job: CiJob, text: str) -> Evidence:
    run = CiRun(url="u", repository="a/b", id=7, attempt=1, commit="a" * 40, jobs=(job,))
    return Evidence(
        source="url", ci_run=run, notes=(text,),
        junit=(JunitFile(artifact=text, file=text, tests=12, failures=3),),
        annotations=(Annotation(job=text, level="failure", file=text, line=7, title=text, message=text),),
    )  # fmt: skip


def test_jobs_test_results_annotations_and_notes_are_told(tmp_path: Path) -> None:
    text = report(tmp_path, evidence(JOB, "told"))
    row = "| `test (3.11)` | `python=3.11, os=linux` | `ubuntu-24.04` | `Run tests` |"
    for line in (row, "| `told` | `told` | 12 | 3 |", "- `told`, `told:7`: told: told", "- told"):
        assert line in text.splitlines(), text


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    text = report(tmp_path, evidence(HARM, HOSTILE))
    lines = text.splitlines()
    assert not [line for line in lines if line.startswith("## 9")], text
    assert "\x1b" not in text and "\u202e" not in text
    shown = [line for line in lines if "someone" in line]
    assert len(shown) > 4, "the hostile words were lost"
    for line in shown:
        outside = SPAN.sub("", line)
        assert "@someone" not in outside and "<b>" not in outside, line
