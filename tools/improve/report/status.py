"""Status, headline and next steps: derived from the artifacts, by rules. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from improve.records import Fix, Publication, Reproduction, ValidatedRequest

Status = Literal["success", "partial", "failed"]


def status(
    reproduction: Reproduction | None, fix: Fix | None, publication: Publication | None, error: str
) -> Status:
    """✅ only for a fix that was verified and published; ❌ when not even the failure was seen."""
    if fix and fix.outcome == "fixed":
        kept = next(a for a in fix.attempts if a.number == fix.kept)
        verified = kept.proof is not None and kept.proof.outcome == "verified"
        published = publication is not None and publication.outcome != "nothing_to_publish"
        return "success" if verified and published and not error else "partial"
    if reproduction and reproduction.outcome in ("reproduced", "intermittent"):
        return "partial"
    return "failed"


def headline(
    reproduction: Reproduction | None, fix: Fix | None, publication: Publication | None, error: str
) -> str:
    """One sentence: how far it came."""
    if fix and fix.outcome == "fixed":
        kept = next(a for a in fix.attempts if a.number == fix.kept)
        proven = (
            "proven"
            if kept.proof and kept.proof.outcome == "verified"
            else "found; a part of its proof is missing"
        )
        if publication is None:
            return f"A fix is {proven}; it is not published yet."
        return f"A fix is {proven} and ready as a draft pull request on {publication.branch}."
    if reproduction is None:
        return "The run ended before the failure could be reproduced."
    told = {
        "intermittent": f"The failure is intermittent: {reproduction.failed_runs} of {reproduction.runs} runs failed.",
        "not_reproduced": "The failure could not be reproduced here.",
        "no_failure_in_log": "The log names no failure that could be run.",
        "could_not_run": "The target's tests could not be run here.",
    }.get(reproduction.outcome)
    if told:
        return told
    if fix is None:
        return "The failure is reproduced; no fix was tried yet."
    tried = len([a for a in fix.attempts if a.outcome != "skipped"])
    ended = " before time ran out" if fix.outcome == "out_of_budget" else ""
    return f"The failure is reproduced; {tried} attempts at a fix were made{ended}, none is proven."


def next_steps(
    run: Path,
    validated: ValidatedRequest,
    reproduction: Reproduction | None,
    fix: Fix | None,
    publication: Publication | None,
    error: str,
) -> list[str]:
    """Commands and sentences, most useful first; each can be done as it stands."""
    if error:
        return [f"Go on where it stopped: `./run.sh --resume {run.name}`"]
    repository = validated.repository
    if publication and publication.branch:
        steps = [f"Read the change: `git -C {repository} show {publication.branch}`"]
        if publication.outcome == "kept_local":
            steps.append(f"Push it: `git -C {repository} push origin {publication.branch}`")
        steps.append(
            f"Open the pull request with the text in `{run.name}/{publication.pull_request}`"
        )
        return steps
    if reproduction is None:
        return [f"Go on: `./run.sh --resume {run.name}`"]
    return _unfixed_steps(run, repository, reproduction, fix)


def _unfixed_steps(
    run: Path, repository: Path, reproduction: Reproduction, fix: Fix | None
) -> list[str]:
    if reproduction.outcome == "reproduced":
        steps = []
        if reproduction.branch:
            steps.append(
                f"Debug the minimal test: `git -C {repository} checkout {reproduction.branch}`, then "
                f"`python -m pytest {reproduction.node_ids[0]}`"
            )
        if fix and fix.best_patch:
            steps.append(f"Start from the attempt that came closest: `{run.name}/{fix.best_patch}`")
        steps.append(
            'Let a stronger agent try: set "agents" in info.json (for example `["embedded", "command"]`), then '
            f"`./run.sh --resume {run.name} --from fix`"
        )
        return steps
    if reproduction.outcome == "intermittent":
        return [
            "Give more evidence: run the test in a loop, and put the log of a failing run into `raw-logs`.",
        ]
    if reproduction.outcome == "no_failure_in_log":
        return [
            'Name the failing test as `"existing-test-path"` in info.json, or give the whole log as `raw-logs`.'
        ]
    steps = [
        "Compare the environments (Phase 1 lists the differences); `setup` in info.json prepares the target."
    ]
    return [
        *steps,
        'Name the failing test as `"existing-test-path"` in info.json if the log names the wrong one.',
    ]
