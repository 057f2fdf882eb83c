"""The whole pull-request file of a fix: front matter, and the text that people read."""

from __future__ import annotations

from pathlib import Path

from improve.contract import parse_run_url
from improve.evidence.marker import Marker, digests, write_marker
from improve.forge.gh_program import job_token
from improve.forge.pull_request_text import NO_CI
from improve.prompts import percent, render, test_command
from improve.records import Attempt, Developer, Evidence, Fix, Reproduction
from improve.records.verdict import ProofOutcome, in_order, reach
from improve.redaction import redact
from improve.workbench.sandbox import in_words

TEMPLATE = "tools/improve/forge/pull-request.md.j2"


def pull_request(
    toolkit: Path,
    title: str,
    branch: str,
    reproduction: Reproduction,
    fix: Fix,
    kept: Attempt,
    people: tuple[Developer, ...],
    evidence: Evidence | None,
    fetch: str = "",
    *,
    verdict: tuple[ProofOutcome, tuple[str, ...]],
) -> str:
    """The file; ``fetch`` is where the reproduction's branch can be fetched from, '' if nowhere.

    ``verdict`` is the outcome of all checks, and what is missing of them, in words.
    """
    command = reproduction.node_ids[0] if reproduction.kind == "command" else None
    text = render(
        toolkit / TEMPLATE,
        {
            "title": title,
            "base": fix.base,
            "head": branch,
            "observed": reproduction.observed,
            "originals": reproduction.original_node_ids,
            "root_cause": fix.root_cause,
            "cause": reproduction.cause,
            "order": reproduction.order,
            "proof": kept.proof,
            "checks": in_order((*kept.guard, *(kept.proof.steps if kept.proof else ()))),
            "verdict": verdict[0].upper(),
            "missing": verdict[1],
            "reach": reach(kept.proof.steps) if kept.proof else "",
            "percent": percent,
            "isolation": in_words(kept.proof.sandbox if kept.proof else ""),
            "branch": reproduction.branch,
            "fetch": fetch,
            "how_to_run": command or _many_times(reproduction),
            "developers": people,
            "ci_run": _address_of_run(evidence),
            "note": NO_CI if job_token() else "",
            "marker": _marker(reproduction, evidence),
        },
    )
    return redact(text)


def _many_times(reproduction: Reproduction) -> str:
    """The test once, or where its folder has a script for that, often."""
    if reproduction.outcome == "intermittent" and reproduction.folder:
        return f"bash {reproduction.folder}/run_test.sh"
    return test_command(reproduction.node_ids)


def _marker(reproduction: Reproduction, evidence: Evidence | None) -> str:
    """The line by which a later run knows that this pull request is about the same failure."""
    failures = evidence.failures if evidence else ()
    seen = reproduction.observed
    if not failures and seen is not None:
        node = reproduction.original_node_ids[:1]
        failures = (seen.model_copy(update={"node_id": node[0] if node else seen.node_id}),)
    run = evidence.ci_run if evidence else None
    return write_marker(Marker(digests(failures), run.id if run else None))


def _address_of_run(evidence: Evidence | None) -> str:
    """The failed run's address, made anew of checked parts; '' when no run is known."""
    run = evidence.ci_run if evidence else None
    place = parse_run_url(run.url) if run else None
    if run is None or place is None:
        return ""
    home = f"https://{place.host}/{place.owner}/{place.repo}"
    return f"{home}/actions/runs/{place.run}/attempts/{run.attempt}"
