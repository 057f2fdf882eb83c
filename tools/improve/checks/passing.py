"""What counts as a pass, and as the failure that was expected. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from improve.evidence import compare
from improve.records import CheckRun, Failure


def unpassed(before: Sequence[CheckRun], after: CheckRun) -> tuple[str, ...]:
    """Tests that failed without the fix and do not *pass* with it: skipped, or not there.

    An id without ``::`` is a file that could not be collected; its tests have to run now.
    """
    failed = {
        node
        for run in before
        for node, outcome in run.outcomes.items()
        if outcome in ("failed", "error")
    }
    passed = {node for node, outcome in after.outcomes.items() if outcome == "passed"}
    return tuple(
        node
        for node in sorted(failed)
        if node not in passed and ("::" in node or not any(_within(one, node) for one in passed))
    )


def _within(test: str, place: str) -> bool:
    return not place or test.startswith((f"{place}::", f"{place}/"))


def passes_now(before: Sequence[CheckRun], after: CheckRun) -> bool:
    """The run is good, and everything that failed before was run in it."""
    return after.ok and not unpassed(before, after)


def same_failure(run: CheckRun, expected: Failure) -> bool:
    """One of the run's failures is the expected one."""
    return any(compare(expected, failure).same for failure in run.failures)


def why(run: CheckRun, before: Sequence[CheckRun] = ()) -> str:
    """In one line, why a run does not count as a pass; ``before`` are the runs without the fix."""
    if run.ok and (left := unpassed(before, run)):
        return f"{left[0]} failed before and is {run.outcomes.get(left[0], 'not run')} now"
    if run.timed_out:
        return "it ran into its time limit"
    if not run.complete:
        return f"it ended without a complete result (status {run.returncode}), which proves nothing"
    if run.failures:
        first = run.failures[0]
        return f"{first.error_type or 'failure'}: {first.message}"[:300]
    if not any(outcome == "passed" for outcome in run.outcomes.values()):
        return "no test ran to a pass (all skipped or none collected)"
    return f"status {run.returncode}"
