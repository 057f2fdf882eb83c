"""Status, headline and next steps: derived from the artifacts, by rules. Pure."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

from improve.markdown import address, code, plain
from improve.prompts import count, test_command
from improve.records import Fix, Known, Publication, Reproduction, ValidatedRequest

Status = Literal["success", "partial", "failed"]


def status(
    reproduction: Reproduction | None, fix: Fix | None, publication: Publication | None, error: str
) -> Status:
    """✅ only for a fix that was verified and published; ❌ when not even the failure was seen."""
    if fix and fix.outcome == "fixed":
        verified = _verified(fix)
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
        proven = (
            "A fix is proven"
            if _verified(fix)
            else "A fix is found, a part of its proof is missing"
        )
        if publication is None or not publication.branch:
            return f"{proven}; it is not published yet."
        if publication.outcome == "kept_local":
            return f"{proven}; it is on branch {publication.branch}, not pushed."
        if publication.outcome == "pushed":
            return f"{proven}; it is on branch {publication.branch}, without a pull request."
        if publication.url:
            return f"{proven}; it is draft pull request {publication.number}."
        return f"{proven}; it is ready as a draft pull request on {publication.branch}."
    if reproduction is None:
        return "The run ended before the failure could be reproduced."
    runs = count(reproduction.runs, "run")
    told = {
        "intermittent": f"The failure is intermittent: {reproduction.failed_runs} of {runs} failed.",
        "not_reproduced": "The failure could not be reproduced here.",
        "no_failure_in_log": "The log names no failure that could be run.",
        "could_not_run": "The target's tests could not be run here.",
    }.get(reproduction.outcome)
    if told and not reproduction.provable:
        return _not_slower(reproduction) or told
    if fix is None:
        return "The failure is reproduced; no fix was tried yet."
    if fix.outcome == "not_attempted" and reproduction.order:
        return "The failure is reproduced; the tests' own code leaves behind what makes it fail."
    tried = len([a for a in fix.attempts if a.outcome != "skipped"])
    ended = fix.reason[fix.reason.find(", then") :] if ", then" in fix.reason else ""
    made = (
        f"none of {count(tried, 'attempt')} at a fix is proven" if tried else "no agent could try"
    )
    return f"The failure is reproduced; {made}{ended}."


def _not_slower(reproduction: Reproduction) -> str:
    """Of a request that says `slower-than`, what was measured instead; '' for others."""
    found = reproduction.speed
    if found is None:
        return ""
    if found.decisive.verdict == "faster":
        return f"It is faster, not slower, than {found.good[:12]}; there is nothing to fix."
    return "No slow-down: the difference is within this machine's noise."


def already_open(known: Known) -> tuple[str, list[str]]:
    """Headline and next steps of a run that stopped because a pull request is open already."""
    return (
        f"Pull request {known.number} is about the same failure; nothing was spent on it again.",
        [
            f"Review it: {address(known.url)}",
            "To have the failure tried again, close it and start again.",
        ],
    )


def _verified(fix: Fix) -> bool:
    kept = next((a for a in fix.attempts if a.number == fix.kept), None)
    proof = kept.proof if kept else None
    # Nor by its word alone: `publish` would refuse it.
    return (
        proof is not None
        and proof.outcome == "verified"
        and not any(s.refuses for s in proof.steps)
    )


def next_steps(
    run: Path,
    validated: ValidatedRequest,
    reproduction: Reproduction | None,
    fix: Fix | None,
    publication: Publication | None,
    error: str,
) -> list[str]:
    """Commands and sentences, most useful first; each can be done as it stands."""
    repository = shlex.quote(str(validated.repository))
    if error:
        return _stopped_steps(run, validated, repository, reproduction, fix)
    if publication and publication.branch:
        steps = [f"Read the change: {code(f'git -C {repository} show {publication.branch}')}"]
        if publication.outcome == "kept_local":
            push = f"git -C {repository} push origin {publication.branch}"
            steps.append(f"Push it: {code(push)}")
        if publication.url and validated.stands_in:
            kept = f"{run.name}/{publication.pull_request}"
            return [
                f"Read the draft pull request (its address leads nowhere): {code(kept)}",
                *steps,
            ]
        if publication.url:
            return [f"Review the draft pull request: {address(publication.url)}", *steps]
        if publication.by_hand:
            return [*steps, f"Open the pull request: {code(publication.by_hand)}"]
        steps.append(
            f"Open the pull request with the text in {code(f'{run.name}/{publication.pull_request}')}"
        )
        return steps
    if reproduction is None:
        return [f"Go on: {code(f'./run.sh --resume {run.name}')}"]
    if fix and fix.outcome == "out_of_budget":
        more = (
            f"Go on with more time, what is finished stays: {code(f'./run.sh --resume {run.name}')}"
        )
        return [more, *_unfixed_steps(run, validated, repository, reproduction, fix)]
    return _unfixed_steps(run, validated, repository, reproduction, fix)


def _stopped_steps(
    run: Path,
    validated: ValidatedRequest,
    repository: str,
    reproduction: Reproduction | None,
    fix: Fix | None,
) -> list[str]:
    steps = [f"Go on where it stopped: {code(f'./run.sh --resume {run.name}')}"]
    if fix and fix.patch:
        apply = f"git -C {repository} apply {shlex.quote(str(run / fix.patch))}"
        steps.append(f"Or take the fix as it is: {code(apply)}")
    if reproduction is None:  # a run keeps the request that it was started with
        again = f"./run.sh --request {shlex.quote(str(validated.request_path))}"
        steps.append(f"Or change the request (another url, a log) and start again: {code(again)}")
    return steps


def _unfixed_steps(
    run: Path,
    validated: ValidatedRequest,
    repository: str,
    reproduction: Reproduction,
    fix: Fix | None,
) -> list[str]:
    if reproduction.provable:
        return _steps_with_a_test(run, validated, repository, reproduction, fix)
    return _steps_without_a_test(reproduction)


def _steps_with_a_test(
    run: Path,
    validated: ValidatedRequest,
    repository: str,
    reproduction: Reproduction,
    fix: Fix | None,
) -> list[str]:
    steps = []
    handed_on = fix is not None and fix.outcome == "not_attempted"
    if reproduction.order and fix and handed_on:
        where = f" ({code(fix.root_cause.locations[0])})" if fix.root_cause.locations else ""
        steps.append(f"Isolate the test{where}: {plain(reproduction.order.suggestion)}")
    if reproduction.branch:
        nodes = reproduction.node_ids if reproduction.order else reproduction.node_ids[:1]
        steps.append(
            f"Debug the test: {code(f'git -C {repository} checkout {reproduction.branch}')}, then "
            f"{code(test_command(nodes))}"
        )
    if fix and fix.best_patch:
        steps.append(
            f"Start from the attempt that came closest: {code(f'{run.name}/{fix.best_patch}')}"
        )
    if steps and handed_on:
        return steps
    steps.append(
        'Let another agent try: set "agents" in the request (for example `["embedded", "command"]`) '
        f"and start again: {code(f'./run.sh --request {shlex.quote(str(validated.request_path))}')}"
    )
    return steps


def _steps_without_a_test(reproduction: Reproduction) -> list[str]:
    if reproduction.outcome == "intermittent":
        return [
            "Give more evidence: run the test in a loop, and put the log of a failing run into `raw-logs`.",
        ]
    if reproduction.speed:
        return [
            "Time more in one test (a larger input), on a quieter machine, or name an older commit "
            "as `slower-than`: Phase 1 says which slow-down would have been seen."
        ]
    if reproduction.outcome == "no_failure_in_log":
        return [
            'Name the failing test as `"existing-test-path"` in info.json, or give the whole log as `raw-logs`.'
        ]
    return [
        "Compare the environments (Phase 1 lists the differences); `setup` in info.json prepares the target.",
        'Name the failing test as `"existing-test-path"` in info.json if the log names the wrong one.',
    ]
