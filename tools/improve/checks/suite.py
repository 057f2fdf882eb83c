"""The whole suite before and after, compared by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improve.records import CheckRun, SuiteComparison

GOOD = ("passed", "xfailed", "skipped", "xpassed")
RERUNS = 3
MAX_RERUN = 20


def compare(
    before: CheckRun, after: CheckRun, rerun: Callable[[Sequence[str]], CheckRun]
) -> SuiteComparison:
    """What a fix did to the suite.

    ``rerun`` runs node ids on the fixed tree again: a test that failed once and then passes every
    time is flaky, and said to be; one that fails again is newly failing. A test that passed
    before and is only skipped now counts as newly failing too: it no longer shows anything.
    """
    if not (before.complete and after.complete):
        side = "before" if not before.complete else "after"
        how = (
            "ran into its time limit"
            if (before if side == "before" else after).timed_out
            else "broke off"
        )
        return SuiteComparison(
            complete=False, note=f"the suite {side} the fix {how}", **_counts(before, after)
        )
    passed_before = {node for node, outcome in before.outcomes.items() if outcome == "passed"}
    missing = sorted(set(before.collected) - set(after.collected) - set(after.outcomes))
    suspects = sorted(
        node
        for node in passed_before
        if node not in missing and after.outcomes.get(node) != "passed"
    )
    suspects += sorted(
        node
        for node, outcome in after.outcomes.items()
        if outcome in ("failed", "error") and node not in before.outcomes
    )
    failing, flaky = _settle(suspects, rerun)
    return SuiteComparison(
        complete=True,
        missing=tuple(missing),
        newly_failing=tuple(failing),
        flaky=tuple(flaky),
        newly_passing=tuple(
            sorted(
                node
                for node, outcome in before.outcomes.items()
                if outcome in ("failed", "error") and after.outcomes.get(node) == "passed"
            )
        ),
        **_counts(before, after),
    )


def _settle(
    suspects: Sequence[str], rerun: Callable[[Sequence[str]], CheckRun]
) -> tuple[list[str], list[str]]:
    if not suspects or len(suspects) > MAX_RERUN:
        return list(suspects), []
    failing = set()
    for _ in range(RERUNS):
        again = rerun(suspects)
        failing |= {
            node for node in suspects if not again.complete or again.outcomes.get(node) != "passed"
        }
    return sorted(failing), sorted(set(suspects) - failing)


def _counts(before: CheckRun, after: CheckRun) -> dict[str, int]:
    def count(run: CheckRun, *kinds: str) -> int:
        return sum(1 for outcome in run.outcomes.values() if outcome in kinds)

    return {
        "before_passed": count(before, "passed", "xfailed", "xpassed"),
        "before_failed": count(before, "failed", "error"),
        "after_passed": count(after, "passed", "xfailed", "xpassed"),
        "after_failed": count(after, "failed", "error"),
    }
