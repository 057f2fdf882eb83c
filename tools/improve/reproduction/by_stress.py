"""Reproduce what fails now and then: find a setting that shows it, and lay the test down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improve import rundir
from improve.checks import statistics
from improve.checks.stress import Stress, alike
from improve.errors import ImproveError
from improve.prompts import percent
from improve.records import Failure, Rate, Reproduction, Stressed
from improve.records.reproduction import ReproductionOutcome
from improve.reproduction.candidates import candidates, imported, shown_first
from improve.reproduction.failing_runs import keep_failing
from improve.reproduction.keep_test import keep_test
from improve.reproduction.make import make_test
from improve.reproduction.measure import Measured, measure
from improve.reproduction.observe import Observation
from improve.reproduction.work import Work, layout_of, result
from improve.workbench.bench import Tree

MOST_TEXTS, TEXT_CHARACTERS = 20, 100_000  # read for the names that they use
HANGS = re.compile(r"(?i)\b(?:hangs?|hanging|hung|stuck|freezes|deadlocks?|time[ds]?[ -]?outs?)\b")
SURE = 0.99  # an unfixed test passes a short look in one case of a hundred at most


def worth_it(work: Work, seen: Observation) -> bool:
    """Whether many runs can tell more: it failed now and then, or is said to and did not yet."""
    quiet = seen.failed == 0 and seen.last.ok and not work.validated.request.deterministic
    return quiet or (seen.sometimes and seen.matches)


def by_stress(
    work: Work, tree: Tree, node_id: str, seen: Observation, common: Mapping[str, Any]
) -> Reproduction | None:
    """The reproduction from the log's test; None when it was never seen to fail here."""
    found = find_setting(work, tree, node_id, seen, common["expected"])
    if found.stress is None or found.observed is None:
        return without_setting(work, found, seen, common)
    told: dict[str, object] = {**common, "observed": found.observed}
    try:
        made = make_test(
            node_id=node_id, tree=tree, observed=found.observed, layout=layout_of(work),
            commit=work.commit, left=work.left, progress=work.context.progress,
            run=lambda nodes: work.check(nodes).run(tree.path, work.left() / 4),
        )  # fmt: skip
    except ImproveError as error:
        work.stress = None
        note = f"No test could be made of it: {error.what}"
        return result(
            work, "intermittent", deterministic=False, rates=found.rates, notes=(note,), **told
        )
    return as_intermittent(keep_test(work, made, found.observed, told), found)


def as_intermittent(kept: Reproduction, found: Measured) -> Reproduction:
    """The same test, which fails now and then: with the setting that shows it."""
    rate = found.rates[-1]
    return kept.model_copy(
        update={
            "outcome": "intermittent",
            "deterministic": False,
            "rates": found.rates,
            "amplifier": rate.amplifier,
            "compared": found.compared,
            "notes": (in_words(rate), *kept.notes),
        }
    )


def find_setting(
    work: Work, tree: Tree, node_id: str, seen: Observation, expected: Failure | None
) -> Measured:
    """The setting that shows the failure of ``node_id``; from now on ``work`` checks under it."""
    check, failure = work.check((node_id,)), expected or seen.failure
    run = work.context.run
    likely = candidates(failure, texts_near(work, tree, node_id, failure))
    found = measure(
        lambda stress, seconds: keep_failing(run, check.often(tree.path, stress, seconds)),
        failure, shown_first(rundir.load(run, Stressed), likely, work.validated.request.try_first),
        seen.last.seconds, work.left, work.context.progress,
        hangs=bool(HANGS.search(work.validated.request.prompt[:TEXT_CHARACTERS])),
    )  # fmt: skip
    if found.stress is not None:
        work.stress = short_look(found.rates[-1])
    return found


def texts_near(work: Work, tree: Tree, node_id: str, failure: Failure | None) -> list[str]:
    """The test's file, those that the traceback names, and what of the tree these import."""
    paths = [node_id.partition("::")[0]]
    paths += [one.file for one in failure.frames] if failure else []
    texts: dict[Path, str] = {}
    waiting = [tree.path / one for one in paths]
    while waiting and len(texts) < MOST_TEXTS:
        path = waiting.pop(0)
        if path in texts or not path.is_file() or not path.resolve().is_relative_to(tree.path):
            continue
        texts[path] = path.read_text("utf-8", "replace")[:TEXT_CHARACTERS]
        modules = imported(texts[path])
        waiting += [
            root / f"{module.replace('.', '/')}{end}"
            for root in (*(tree.path / one for one in work.environment.import_roots), path.parent)
            for module in modules
            for end in (".py", "/__init__.py")
        ]
    return list(texts.values())


def short_look(rate: Rate) -> Stress:
    """The setting with as many runs as tell an unfixed test from a fixed one, nearly always."""
    runs = statistics.passes_needed(rate.failures, rate.runs, SURE)
    return alike(Stress(rate.amplifier, rate.limit, runs=runs), rate)


def without_setting(
    work: Work, found: Measured, seen: Observation, common: Mapping[str, Any]
) -> Reproduction | None:
    """What is told when no setting made it fail often enough to prove anything.

    None when it never failed and no setting could be tried either.
    """
    if seen.failed == 0 and not found.rates:
        return None
    tried = ", ".join(f"{one.amplifier} {one.failures} of {one.runs}" for one in found.rates)
    notes = (
        f"It failed in {seen.failed} of {seen.runs} runs of the same test.",
        f"Under no setting did it fail {statistics.LEAST_FAILURES} times with this failure alone: "
        f"{tried or 'none could be tried'}.",
    )
    never = seen.failed + sum(one.failures for one in found.rates) == 0
    outcome: ReproductionOutcome = "not_reproduced" if never else "intermittent"
    flag = None if never else False
    return result(work, outcome, deterministic=flag, rates=found.rates, notes=notes, **common)


def in_words(rate: Rate) -> str:
    """How often it failed, with the interval."""
    low, high = (percent(one) for one in statistics.interval(rate.failures, rate.runs))
    how = "isolated runs with nothing perturbed" if rate.amplifier == "plain" else rate.amplifier
    return (
        f"Under the setting that shows it ({how}) it failed in {rate.failures} of {rate.runs} runs: "
        f"a rate of {low} to {high}, at 95 %."
    )
