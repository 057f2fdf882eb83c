"""Jobs in which nearly everything failed: the machine was down, and no test is to blame. Pure."""

from __future__ import annotations

from improve.records.analysis import Outage
from improve.records.history import History

SHARE = 0.8  # as Trunk does: docs.trunk.io/flaky-tests
LEAST_TESTS = 10  # of two tests, two may well be broken


def outages(history: History) -> tuple[set[int], list[Outage]]:
    """Indexes of the parts to set aside, and what is told of them."""
    aside: set[int] = set()
    told = []
    for at, (part, (failed, ran)) in enumerate(zip(history.parts, history.sizes, strict=True)):
        if part.kind == "junit" and ran >= LEAST_TESTS and failed > SHARE * ran:
            aside.add(at)
            told.append(
                Outage(
                    job=part.job,
                    run=part.run,
                    commit=part.sha,
                    started=part.started,
                    failed=failed,
                    tests=ran,
                )
            )
    return aside, told
