"""``workflow_run``: CI has failed by itself. Nobody asked, so the rules are the strictest."""

from __future__ import annotations

from improve.contract.trigger_event import RunEvent
from improve.evidence.marker import read_marker
from improve.forge.gh import Gh
from improve.forge.gh_answer import readable
from improve.forge.github_asked import KnownRunAnswer, open_fixes, run_of, runs_on, same
from improve.prompts import count
from improve.triggers.decision import Decision, Rules, require
from improve.triggers.red_run import require_person, require_red, starts_of

TOLD = ("success", "failure", "timed_out", "startup_failure")  # the others tell nothing of the code


def decide(gh: Gh, home: str, event: RunEvent, rules: Rules) -> Decision:
    """Start when the same workflow has failed often enough on that branch, and no fix is open.

    Raises: Refused; what ``gh.get`` raises.
    """
    require(event.action == "completed", "The run is not finished.", answer=False)
    run = run_of(gh, home, event.workflow_run.id)
    require(run is not None, f"Run {event.workflow_run.id} is not there any more.", answer=False)
    assert run is not None  # noqa: S101 - required above
    require_red(run, home)
    require_person(run.actor, rules, f"caused run {run.id}")
    require_person(run.triggering_actor, rules, f"started run {run.id}")
    failures = _repeated(gh, home, run, rules.threshold)
    _not_known(gh, home, run)
    name, branch = readable(run.name or "", 80), readable(run.head_branch or "", 80)
    reason = f"{name} failed in its last {failures} runs on {branch}."
    if failures == 1:
        reason = f"{name} failed on {branch}."
    return Decision(True, reason, starts_of(gh, home, run, ""))


def _repeated(gh: Gh, home: str, run: KnownRunAnswer, threshold: int) -> int:
    """The threshold, when so many runs failed one after the other, the newest being this one."""
    listed = runs_on(gh, home, run.workflow_id, run.head_branch or "")
    # The list may come late; and a fork may have a branch of the same name.
    others = [one for one in listed if one.id != run.id and same(one.head_repository, home)]
    told = [one for one in others if one.conclusion in TOLD]
    newer = [one for one in told if one.id > run.id]
    require(not newer, f"Run {newer[0].id if newer else 0} is newer; it is the one to look at.")
    before = [one for one in told if one.id < run.id][: threshold - 1]
    failed = 1
    for one in before:
        if not one.red:
            break
        failed += 1
    require(
        failed >= threshold,
        f"It failed {count(failed, 'time')} in a row; {threshold} start a fix.",
    )
    return failed


def _not_known(gh: Gh, home: str, run: KnownRunAnswer) -> None:
    for pull in open_fixes(gh, home):
        marker = read_marker(pull.body or "")
        known = marker is not None and marker.run == run.id
        require(not known, f"Pull request {pull.number} for run {run.id} is open already.")
