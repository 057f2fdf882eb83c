"""See the failure happen here, cut a minimal test out of it, and keep that on ``repro/<name>``.

Code first, no agent. Evidence wins over the request: what the runs show decides whether the
failure counts as deterministic, and a disagreement is written down.
"""

from __future__ import annotations

import time

from improve.checks.check import Check
from improve.context import Context
from improve.records import Reproduction
from improve.reproduction.by_agent import by_agent
from improve.reproduction.by_command import by_command
from improve.reproduction.by_log import by_log
from improve.reproduction.by_speed import by_speed
from improve.reproduction.by_test import by_existing_test
from improve.reproduction.why import with_cause
from improve.reproduction.work import Work
from improve.reproduction.workshop import workshop
from improve.workbench import sandbox


def run(context: Context) -> Reproduction:
    """The reproduction, or why there is none.

    Raises: ImproveError when the target's environment cannot be made.
    """
    began = time.monotonic()
    with workshop(context) as work:
        found = _reproduce(work)
    notes = (*found.notes, *work.notes)
    told = {"seconds": round(time.monotonic() - began, 2), "notes": notes}
    return found.model_copy(update={**told, "sandbox": sandbox.level()})


def _reproduce(work: Work) -> Reproduction:
    request = work.validated.request
    tree = work.bench.tree("failing", work.commit)
    Check(work.environment).prepare(tree.path)
    if request.slower_than:
        return by_speed(work, tree, request.slower_than)
    if request.check:
        return by_command(work, tree, request.check)
    if request.existing_test_path:
        return with_cause(work, tree, by_existing_test(work, tree, request.existing_test_path))
    found = with_cause(work, tree, by_log(work, tree))
    unseen = found.outcome in ("not_reproduced", "no_failure_in_log")
    return by_agent(work, found) if unseen else found
