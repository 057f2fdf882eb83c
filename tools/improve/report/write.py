"""Write ``outputs/<run>.md`` from whatever artifacts there are.

It is written twice: once before anything is pushed and once at the end; and once more when a
phase failed. So it must do with any subset of the artifacts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve import journal, rundir
from improve.errors import ImproveError
from improve.evidence import clean_text, redact
from improve.ledger import spendings
from improve.prompts import count, percent, render, short_time
from improve.records import (
    Evidence,
    Fix,
    Known,
    Publication,
    ReportFacts,
    Reproduction,
    Stressed,
    ValidatedRequest,
)
from improve.records.base import A
from improve.records.usage import Usage, total
from improve.records.verdict import in_order, reach
from improve.report.again import run_again
from improve.report.status import Status, already_open, headline, next_steps, status
from improve.report.stressed import drawn, of_stress
from improve.workbench.sandbox import in_words

TEMPLATE = "outputs/TEMPLATE_report.md"
FORMS = {"count": count, "percent": percent, "drawn": drawn, "seconds_of": short_time}
SIGNS = {"success": "✅ Success", "partial": "⚠️ Partial", "failed": "❌ Failed"}


@dataclass(frozen=True)
class _There:
    """What the phases have left by now, each artifact read once."""

    validated: ValidatedRequest
    evidence: Evidence | None
    reproduction: Reproduction | None
    stressed: Stressed | None
    known: Known | None
    fix: Fix | None
    publication: Publication | None


def write_report(run: Path, toolkit: Path) -> ReportFacts:
    """The report, beside the run folder and named like it."""
    there = _There(
        rundir.need(run, ValidatedRequest), _there(run, Evidence), _there(run, Reproduction),
        _there(run, Stressed), _there(run, Known), _there(run, Fix), _there(run, Publication),
    )  # fmt: skip
    error, seconds = _last_error(run), journal.active_seconds(run)
    state, line, steps = _in_short(run, there, error)
    values: dict[str, object] = {
        **vars(there),
        "sign": SIGNS[state],
        "headline": line,
        "run": run.name,
        "minutes": round(seconds / 60, 1),
        "seconds": round(seconds),
        "request_json": _request_text(run),
        "error": redact(clean_text(error)),
        "phases": _phases(run),
        "unread": rundir.unread(run),
        "next_steps": steps,
        "run_again": run_again(there.validated.repository, there.reproduction, toolkit),
        "isolation": in_words(there.reproduction.sandbox) if there.reproduction else "",
        **_of_fix(run, there.fix),
        **_of_costs(_costs(run, there.reproduction, there.fix)),
        **FORMS,
    }
    place = run.parent / f"{run.name}.md"
    text = redact(render(toolkit / TEMPLATE, values))  # the patch and the names in it, too
    rundir.write_whole(place, text.encode())
    return ReportFacts(
        status=state,
        path=place.name,
        headline=line,
        seconds=round(seconds, 1),
        out_of_budget=bool(there.fix and there.fix.outcome == "out_of_budget"),
    )


def _in_short(run: Path, there: _There, error: str) -> tuple[Status, str, Sequence[str]]:
    """How it ended, in one word and in one line, and what is to be done next."""
    if there.reproduction is None and not error:
        if there.stressed:
            return of_stress(run, there.validated, there.stressed)
        if there.known and there.known.number:
            return "partial", *already_open(there.known)
    ended = there.reproduction, there.fix, there.publication, error
    return status(*ended), headline(*ended), next_steps(run, there.validated, *ended)


def _of_fix(run: Path, fix: Fix | None) -> dict[str, object]:
    kept = next((a for a in fix.attempts if a.number == fix.kept), None) if fix else None
    steps = kept.proof.steps if kept and kept.proof else ()
    return {
        "kept": kept,
        "checks": in_order((*kept.guard, *steps)) if kept and kept.proof else (),
        "reach": reach(steps) if kept and kept.proof else "",
        **_of_patch(run, (fix.patch or "") if fix else ""),
    }


def _of_patch(run: Path, name: str) -> dict[str, object]:
    try:
        text = (run / name).read_text("utf-8", "replace") if name else ""
    except OSError:  # the rest is told nevertheless
        return {"patch": "", "lost_patch": name}
    return {"patch": text, "lost_patch": ""}


def _of_costs(costs: Sequence[Usage]) -> dict[str, object]:
    priced = sorted({one.priced or "the dearest model" for one in costs})
    return {"costs": costs, "priced": priced}


def _costs(run: Path, reproduction: Reproduction | None, fix: Fix | None) -> tuple[Usage, ...]:
    """What the run used, a model each, with attempts that were interrupted or made anew."""
    spent = tuple(one.usage for one in spendings(run))
    attempts = [*(reproduction.attempts if reproduction else ()), *(fix.attempts if fix else ())]
    # Without the ledger (the run comes from another machine) the attempts tell.
    return total(spent or tuple(one for attempt in attempts for one in attempt.usage))


def _there(run: Path, kind: type[A]) -> A | None:
    try:
        return rundir.load(run, kind)
    except ImproveError:  # a damaged artifact must not keep the rest from being told
        return None


def _request_text(run: Path) -> str:
    text = redact((run / "request.json").read_text("utf-8", "replace"))
    return (
        text
        if len(text) <= 4000
        else text[:4000] + "\n... (cut here; the whole is in request.json)"
    )


def _ends(run: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """(phase, event) for every time a phase ended; an event that was harmed is left out."""
    for event in journal.events(run):
        phase = event.get("phase")
        if (
            event.get("event") in ("done", "failed")
            and isinstance(phase, str)
            and phase != "report"
        ):
            yield phase, event


def _last_error(run: Path) -> str:
    """The error of the last phase that failed and was not done since."""
    error, phase = "", ""
    for ended, event in _ends(run):
        if event["event"] == "failed":
            error, phase = str(event.get("error") or "interrupted"), ended
        elif ended == phase:
            error = ""
    # A session that was killed between the artifact and the journal's line did finish the phase.
    return f"{phase}: {error}" if error and not (run / f"{phase}.json").is_file() else ""


def _phases(run: Path) -> list[tuple[str, str, float]]:
    """(phase, how it ended, seconds) for every time a phase ran."""
    rows = []
    for phase, event in _ends(run):
        seconds = event.get("seconds")
        took = float(seconds) if isinstance(seconds, (int, float)) else 0.0
        rows.append((phase, str(event["event"]), took))
    return rows
