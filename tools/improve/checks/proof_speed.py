"""The proof of a fix for a slow-down: times beside the failing commit and beside the good one."""

from __future__ import annotations

import dataclasses

from improve.checks.ground import Ground
from improve.checks.passing import why
from improve.records import CheckRun, Verdict
from improve.workbench.bench import Tree

SHARE = 0.6  # of the time that is left


def seen_before(ground: Ground) -> Verdict:
    """Whether the base is slow, or fails by a limit of its own, like the failing commit."""
    slow = any(run.failures for run in ground.before)
    told = ground.before[0].log.split("\n")[0] if ground.before else "it was not measured"
    return Verdict(rule="fails before", passed=slow, reason=f"the base, measured again: {told}")


def seen_after(ground: Ground, tree: Tree) -> tuple[Verdict, CheckRun]:
    """Faster than the failing commit, and not slower than the good one, beyond the noise."""
    assert ground.check.pace is not None  # noqa: S101 - asked for slow-downs alone
    pace = dataclasses.replace(ground.check.pace, whole=True, progress=ground.progress)
    check = dataclasses.replace(ground.check, pace=pace)
    run = check.run(tree.path, SHARE * ground.left())
    found = run.repaired
    if run.failures:
        told = f"with the fix {run.failures[0].message}"
        return Verdict(rule="passes after", passed=False, reason=told), run
    if found is None:
        told = f"not shown: {run.log or why(run)}"
        return Verdict(rule="passes after", passed=False, shown=False, reason=told), run
    shown = not found.not_shown
    told = found.sentence if shown else f"{found.sentence} Not shown: {found.not_shown}"
    return Verdict(rule="passes after", passed=shown, shown=shown, reason=told), run
