"""Does a test's outcome depend on the tests before it? Asked in the target's interpreter.

``inside/improve_order.py`` collects the suite once and forks for each part of it that is run, in
the sandbox. What it found comes back as a record; an order that was found can be run again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improve.checks.pytest_check import INSIDE, failure_of, judge, parsed
from improve.checks.shared_state import leak_of, state_of, suggestion_for
from improve.evidence import clean_text, redact
from improve.records import CheckRun, Failure, TargetEnvironment
from improve.records.order import OrderDependence
from improve.workbench import beneath, process
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

START_SECONDS = 30.0  # to start, import and collect
LOG_CHARACTERS = 4000


@dataclass(frozen=True)
class Suite:
    """The suite of a tree, and how pytest is told to collect it."""

    tree: Path
    environment: TargetEnvironment
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What the search ended with; ``order`` and ``failure`` are None when nothing was found."""

    order: OrderDependence | None
    failure: Failure | None
    before: tuple[str, ...] = ()  # node ids, in the order that showed it
    why: str = ""
    suite_runs: int = 0
    runs: int = 0


def search_order(
    suite: Suite,
    victim: str,
    seconds: float,
    expects: str = "",
    logged: Sequence[str] = (),
) -> Found:
    """Look for the order in which ``victim`` ends otherwise than alone, at most ``seconds``.

    ``expects`` is the name of the exception that the log tells of, ``logged`` the order that it
    tells, if it does. Raises: nothing for failing tests.
    """
    asked = {"--victim": victim, "--expects": expects, "--seconds": str(max(1.0, seconds))}
    done, records = _run(suite, asked, {"--logged": list(logged)}, seconds + START_SECONDS)
    told = next((one for one in records if one["kind"] == "order"), None)
    if told is None:
        tail = redact(clean_text(done.tail(LOG_CHARACTERS))).strip()
        return Found(None, None, why=f"the suite could not be collected: {tail[-300:]}")
    counts = {"suite_runs": int(told["suites"]), "runs": int(told["runs"])}
    if told["role"] == "none":
        why = redact(clean_text(str(told["why"])))
        return Found(None, None, (), why, counts["suite_runs"], counts["runs"])
    order = _order(told, round(done.seconds, 2), counts)
    return Found(order, _failure(told, suite.tree), tuple(map(str, told["before"])))


def replay_order(suite: Suite, ids: Sequence[str], seconds: float) -> CheckRun:
    """One run of these tests in this order, judged like any other run."""
    done, records = _run(suite, {}, {"--replay": list(ids)}, seconds)
    return judge(done, [json.dumps(one) for one in records], suite.tree)


def _run(
    suite: Suite, words: Mapping[str, str], lists: Mapping[str, list[str]], seconds: float
) -> tuple[process.Finished, list[dict[str, Any]]]:
    with temporary("improve-order-") as scratch:
        record = scratch / "record.jsonl"
        argv = [suite.environment.python, str(INSIDE / "improve_order.py"), f"--record={record}"]
        argv += [f"{name}={value}" for name, value in words.items() if value]
        for name, ids in lists.items():
            if ids:
                place = scratch / f"{name.strip('-')}.json"
                place.write_text(json.dumps(ids), encoding="utf-8")
                argv.append(f"{name}={place}")
        argv += [f"--option={one}" for one in suite.options]
        done = process.run(
            argv, cwd=suite.tree, merge=True, keep=LOG_CHARACTERS, timeout=max(1.0, seconds),
            env=test_environ(suite.tree, suite.environment, scratch, (INSIDE,)),
            fence=needs.for_tests(
                suite.tree, Path(suite.environment.python), (scratch,), (INSIDE,)
            ),
        )  # fmt: skip
        lines = beneath.lines(scratch, record.name)
    return done, [one for one in map(parsed, lines) if one]


def _order(told: Mapping[str, Any], seconds: float, counts: Mapping[str, int]) -> OrderDependence:
    state = state_of(told.get("state", ()))
    return OrderDependence(
        role=told["role"],
        victim=str(told["victim"]),
        others=tuple(map(str, told["culprits"])),
        cleaner=str(told.get("cleaner", "")),
        order=str(told["order"]),
        before=len(told["before"]),
        collected=int(told["collected"]),
        alone=_rate(told, "alone"),
        company=_rate(told, "company"),
        pair=_rate(told, "pair"),
        halvings=int(told.get("halvings", 0)),
        seconds=seconds,
        state=state,
        leak=leak_of(state),
        suggestion=suggestion_for(state),
        **counts,
    )


def _rate(told: Mapping[str, Any], name: str) -> tuple[int, int]:
    failures, runs = told.get(name, (0, 0))
    return int(failures), int(runs)


def _failure(told: Mapping[str, Any], tree: Path) -> Failure | None:
    for one in told.get("failure", ()):
        if isinstance(one, dict) and one.get("outcome") == "failed" and "when" in one:
            return failure_of({**one, "id": told["victim"]}, tree)
    return None
