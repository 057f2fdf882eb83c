"""What a step of GitHub Actions leaves for the steps and people after it."""

from __future__ import annotations

from pathlib import Path

from improve import rundir
from improve.markdown import cut
from improve.records import Fix, ReportFacts, ValidatedRequest

SUMMARY_BYTES = 900_000  # GitHub drops a step's summary above 1 MiB whole
CUT = "(cut here; the whole report is in the run's artifact)"


def step_outputs(run: Path) -> dict[str, str]:
    """Outputs of the step, by name; a value that does not exist (yet) is ''.

    ``status`` (success, partial, failed), ``fixed`` (true, false), ``report`` and ``patch``
    (absolute paths), ``branch`` and ``name``. All are one line: they are made of checked parts.
    """
    validated = rundir.need(run, ValidatedRequest)
    fix, facts = rundir.load(run, Fix), rundir.load(run, ReportFacts)
    fixed = fix is not None and fix.outcome == "fixed" and bool(fix.patch)
    report = run.with_name(f"{run.name}.md")
    found = {
        "status": facts.status if facts else "failed",
        "fixed": "true" if fixed else "false",
        "report": str(report) if report.is_file() else "",
        "branch": f"fix/{validated.name}" if fixed else "",
        "patch": str(run / fix.patch) if fix and fixed and fix.patch else "",
        "name": validated.name,
    }
    return {name: "" if "\n" in value or "\r" in value else value for name, value in found.items()}


def summary(run: Path) -> bytes:
    """The report, cut to what GitHub takes as the summary of a step; b'' when there is none."""
    report = run.with_name(f"{run.name}.md")
    text = report.read_text("utf-8", "replace") if report.is_file() else ""
    most = SUMMARY_BYTES
    while len(cut(text, most, CUT).encode()) > SUMMARY_BYTES:  # a sign takes up to four bytes
        most = most * 3 // 4
    return cut(text, most, CUT).encode()
