"""The whole suite before and after, compared by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from improve.records import CheckRun, SuiteComparison

GOOD = ("passed", "xfailed", "skipped", "xpassed")
RERUNS = 3
MAX_RERUN = 20


def compare(
    before: CheckRun,
    after: CheckRun,
    rerun: Callable[[Sequence[str]], CheckRun],
    recollect: Callable[[], Sequence[str]] = tuple,
) -> SuiteComparison:
    """What a fix did to the suite.

    ``recollect`` collects the unfixed tree's node ids once more. Ids that differ between two
    collections of the same tree (a clock, a set's order or an address in a parameter's name) are
    compared by number: as many of that test after as before.

    ``rerun`` runs node ids on the fixed tree again: a test that failed once and then passes every
    time is flaky, and said to be; one that fails again is newly failing. A test that passed
    before and is only skipped now counts as newly failing too: it no longer shows anything.
    When one of the two broke off, only what was seen in both is compared.
    """
    if not (whole(before) and whole(after)):
        return _partly(before, after, rerun)
    missing = sorted(set(before.collected) - set(after.collected) - set(after.outcomes))
    if missing:
        missing = _really_missing(missing, before.collected, after.collected, recollect())
    failing, flaky = _settle(_suspects(before, after), rerun)
    fixed = sorted(node for node in _failed(before) if after.outcomes.get(node) == "passed")
    return SuiteComparison(
        complete=True, missing=tuple(missing), newly_failing=tuple(failing), flaky=tuple(flaky),
        newly_passing=tuple(fixed), **_counts(before, after),
    )  # fmt: skip


def _suspects(before: CheckRun, after: CheckRun) -> list[str]:
    """What passed before and does not now, then what is new and fails."""
    passed = {node for node, outcome in before.outcomes.items() if outcome == "passed"}
    lost = {node for node in passed & set(after.collected) if after.outcomes.get(node) != "passed"}
    return sorted(lost) + sorted(node for node in _failed(after) if node not in before.outcomes)


def _failed(run: CheckRun) -> list[str]:
    return [node for node, outcome in run.outcomes.items() if outcome in ("failed", "error")]


def whole(run: CheckRun) -> bool:
    """The suite ran to its end: not interrupted (2), no internal error (3), no wrong usage (4)."""
    return run.complete and run.returncode not in (None, 2, 3, 4)


def _partly(
    before: CheckRun, after: CheckRun, rerun: Callable[[Sequence[str]], CheckRun]
) -> SuiteComparison:
    side, run = ("before", before) if not whole(before) else ("after", after)
    how = "ran into its time limit" if run.timed_out else f"broke off (status {run.returncode})"
    broken = [
        node
        for node, outcome in after.outcomes.items()
        if outcome in ("failed", "error") and before.outcomes.get(node) == "passed"
    ]
    failing, flaky = _settle(sorted(broken), rerun)
    return SuiteComparison(
        complete=False,
        note=f"the suite {side} the fix {how}",
        newly_failing=tuple(failing),
        flaky=tuple(flaky),
        **_counts(before, after),
    )


def _really_missing(
    missing: Sequence[str], before: Sequence[str], after: Sequence[str], again: Sequence[str]
) -> list[str]:
    stable = set(again) & set(before) if again else set(before)
    gone = [node for node in missing if node in stable]
    now = Counter(_test_of(node) for node in after)
    then = Counter(_test_of(node) for node in before)
    unstable = [node for node in missing if node not in stable]
    return sorted(gone + [n for n in unstable if now[_test_of(n)] < then[_test_of(n)]])


def _test_of(node_id: str) -> str:
    return node_id.partition("[")[0]


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
