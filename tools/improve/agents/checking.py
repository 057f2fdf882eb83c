"""The checks as an agent sees them: the very runs that will judge its work, told at a readable size."""

from __future__ import annotations

from collections.abc import Sequence

from improve.agents.fence import Refused
from improve.records import CheckRun

LONGEST_LOG = 16_000  # characters; the end of a log tells the failure
MOST_TARGETS = 50
LONGEST_TARGET = 1000


def told(run: CheckRun) -> str:
    """How the run ended, test by test, and the end of what it printed."""
    counts: dict[str, int] = {}
    for outcome in run.outcomes.values():
        counts[outcome] = counts.get(outcome, 0) + 1
    numbers = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    cut = len(run.log) - LONGEST_LOG
    return "\n".join(
        part
        for part in (
            f"{_verdict(run)} after {run.seconds:.1f} s" + (f": {numbers}" if numbers else ""),
            f"[the first {cut} characters are left out]" if cut > 0 else "",
            run.log[-LONGEST_LOG:],
        )
        if part
    )


def targets(given: Sequence[str]) -> tuple[str, ...]:
    """Node ids or test files as the model gave them, if pytest can take them as such.

    Raises: Refused. pytest reads ``-p module`` and ``@file`` as options wherever they stand.
    """
    if not given or len(given) > MOST_TARGETS:
        raise Refused(f"give 1 to {MOST_TARGETS} node ids or test files")
    for one in given:
        if not one or len(one) > LONGEST_TARGET or one.startswith(("-", "@")) or "\0" in one:
            raise Refused(f"{one[:80]!r} is neither a node id nor a test file")
        if one.startswith("/") or ".." in one.split("::", 1)[0].split("/"):
            raise Refused(f"{one[:80]!r} is outside of the project")
    return tuple(given)


def _verdict(run: CheckRun) -> str:
    if run.ok:
        return "PASSED"
    if run.timed_out:
        return "NOT FINISHED: ended at its time limit"
    return "FAILED" if run.complete else "FAILED: it broke off before its end"
