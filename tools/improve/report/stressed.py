"""What the report says of a measurement (``improve stress``): status, headline, next steps. Pure."""

from __future__ import annotations

import shlex
from pathlib import Path

from improve.markdown import code
from improve.records import Rate, Stressed, ValidatedRequest
from improve.report.status import Status

STATUS: dict[str, Status] = {
    "gone": "success",
    "seen": "partial",
    "measured": "partial",
    "not_shown": "partial",
    "still_fails": "failed",
    "not_seen": "failed",
}


def of_stress(
    run: Path, validated: ValidatedRequest, found: Stressed
) -> tuple[Status, str, list[str]]:
    """Status, headline and next steps of a run that measured and did nothing else."""
    return STATUS[found.outcome], f"{found.reason}.", _steps(run, validated, found)


def _steps(run: Path, validated: ValidatedRequest, found: Stressed) -> list[str]:
    stress = f"improve stress {shlex.quote(str(run))}"
    more = "Make more runs: more machines, or more --minutes"
    again = f"./run.sh --request {shlex.quote(str(validated.request_path))}"
    if found.outcome == "measured":
        return [f"Judge all shares together: {code(f'{stress} --merge FOLDER')}"]
    if found.outcome == "gone":
        return [
            "Review the change: these runs say that the failure is gone, not that nothing else broke."
        ]
    if found.outcome == "seen":
        shown = max(found.before, key=lambda one: (one.interval or (0.0, 0.0))[0])
        setting = f"{stress} --setting {shown.rate.amplifier} --fix BRANCH"
        return [
            f"Have it fixed: {code(again)}",
            f"Measure a fix of yours under the same setting: {code(setting)}",
        ]
    if found.outcome == "still_fails":
        return ["Go on with the fix: Phase 1 names seeds that still fail.", f"{more}."]
    return [f"{more}.", "Give the log of a failing run as `raw-logs`: it says what to look for."]


def drawn(rate: Rate) -> str:
    """'seed 17: pause share 0.3', of the first run that failed; '' without one."""
    if not rate.seeds:
        return ""
    pairs = rate.settings[0].items() if rate.settings else ()
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in pairs)
    return f"seed {rate.seeds[0]}" + (f": {told}" if told else "")
