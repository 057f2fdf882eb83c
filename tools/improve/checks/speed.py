"""Time a check in several trees, interleaved: what the machine does in between hits all alike.

Each sample is a process of its own in the sandbox (``inside/improve_speed.py``). A round takes one
sample of every tree, in a random order and with the same seeds; what disturbs a round disturbs all
its trees. What the times mean is told by ``checks.slowdown``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improve.checks.pytest_check import INSIDE, failure_of, parsed
from improve.checks.slowdown import Sample
from improve.evidence import clean_text, redact
from improve.records import TargetEnvironment
from improve.records.speed import Hot
from improve.workbench import beneath, process
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

MAY_FAIL = "failing"
MOST_ROUNDS = 12
START_SECONDS = 30.0  # to start, import and collect
LOG_CHARACTERS = 2000
MOST_HOT = 12
LEAST_SHARE = 0.02  # of the time in all: less of it is not worth a line
SLACK = 1.15  # a round may take longer than the first one did

Times = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True)
class Timed:
    """What is timed: pytest node ids, or a command."""

    environment: TargetEnvironment
    node_ids: tuple[str, ...] = ()
    command: str = ""
    variables: Callable[[Path], Mapping[str, str]] = lambda _tree: {}  # beside the usual ones


def sample(tree: Path, timed: Timed, seed: int, limit: float) -> Sample:
    """One process. Raises: nothing for what fails: then ``passed`` is false and ``said`` why."""
    done, records = _run(tree, timed, ("--seed", str(seed)), seed, limit)
    taken = next((one for one in records if one["kind"] == "sample"), None)
    if taken is None:
        told = "it ran into its time limit" if done.timed_out else _why(records, tree)
        return Sample(0.0, 0.0, False, told or _last(done))
    failed = _why(records, tree)
    if taken.get("status"):
        failed = f"status {taken['status']}: {_last(done)}"
    ran = timed.command or any(_passed(one) for one in records)
    return Sample(
        float(taken["processor"]), float(taken["wall"]), bool(ran) and not failed,
        failed or ("" if ran else "no test ran to a pass (all skipped or none collected)"),
    )  # fmt: skip


def interleaved(
    trees: Mapping[str, Path], timed: Timed, rounds: int, seconds: float,
    progress: Callable[[str], None] | None = None,
) -> Times:  # fmt: skip
    """``rounds`` samples of every tree, fewer (down to none) where ``seconds`` do not allow them.

    A first sample of each only warms the machine up; one that is no good run is kept, and ends it.
    Only at the commit called ``failing`` a test may fail, as one that limits its own time does.
    """
    began, taken = time.monotonic(), {name: list[Sample]() for name in trees}
    for name, tree in trees.items():
        first = sample(tree, timed, 0, seconds)
        if not first.passed and (name != MAY_FAIL or first.wall <= 0):
            return {**taken, name: [first]}
    for number in range(1, rounds + 1):
        spent = time.monotonic() - began
        if spent + SLACK * spent / number > seconds:
            break
        if progress:
            progress(f"timing, round {number} of {rounds}")
        # A fixed order would give one side what the other leaves warm.
        order = random.Random(number).sample(sorted(trees), len(trees))  # noqa: S311 - no secret
        for name in order:
            taken[name].append(sample(trees[name], timed, number, max(1.0, seconds)))
    return taken


def failed(side: Sequence[Sample]) -> str:
    """Why one of these was no good run; '' when all were."""
    return next((one.said for one in side if not one.passed), "")


def untimed(side: Sequence[Sample]) -> str:
    """Why one of these did not even give a time; '' when all did."""
    return next((one.said for one in side if one.wall <= 0), "")


def hot(good: Path, other: Path, timed: Timed, limit: float) -> tuple[Hot, ...]:
    """Functions in which ``other`` spends more than ``good``, by cProfile; () where none can be had."""
    if timed.command:
        return ()
    before, after = (_profile(tree, timed, limit) for tree in (good, other))
    most = LEAST_SHARE * sum(one[4] for one in after.values())
    found = []
    for key, (path, line, name, calls, own) in after.items():
        was = before.get(key, (path, line, name, 0, 0.0))
        if own - was[4] > most:
            place = f"{path}:{line} {name}" if path else name
            found.append(
                Hot(place=redact(clean_text(place))[:300], good_seconds=round(was[4], 6),
                    seconds=round(own, 6), good_calls=was[3], calls=calls)
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.good_seconds - one.seconds)[:MOST_HOT])


def _profile(
    tree: Path, timed: Timed, limit: float
) -> dict[tuple[str, str], tuple[str, int, str, int, float]]:
    _, records = _run(tree, timed, ("--profile",), 1, limit)
    told: Mapping[str, Any] = next(
        (r for r in records if r["kind"] == "profile"), {"functions": []}
    )
    found: dict[tuple[str, str], tuple[str, int, str, int, float]] = {}
    for path, line, name, calls, own in told["functions"]:
        # Lines move between commits: functions of one name in one file (lambdas) count as one.
        was = found.get((str(path), str(name)), (str(path), int(line), str(name), 0, 0.0))
        whole = (was[0], was[1], was[2], was[3] + int(calls), was[4] + float(own))
        found[(str(path), str(name))] = whole
    return found


def _run(
    tree: Path, timed: Timed, options: Sequence[str], seed: int, limit: float
) -> tuple[process.Finished, list[dict[str, Any]]]:
    environment = timed.environment
    with temporary("improve-speed-") as scratch:
        record = scratch / "record.jsonl"
        world = test_environ(tree, environment, scratch, (INSIDE,))
        world["PYTHONHASHSEED"] = str(seed)  # else the order of sets would be one more noise
        what = ["--command", timed.command] if timed.command else ["--", *timed.node_ids]
        argv = [environment.python, str(INSIDE / "improve_speed.py"), "--record", str(record)]
        done = process.run(
            [*argv, "--limit", str(limit), *options, *what],
            cwd=tree, env={**world, **timed.variables(tree)}, merge=True, keep=1 << 16,
            timeout=limit + START_SECONDS,
            fence=needs.for_tests(tree, Path(environment.python), (scratch,), (INSIDE,)),
        )  # fmt: skip
        lines = beneath.lines(scratch, record.name)
    return done, [one for one in map(parsed, lines) if one]


def _passed(entry: Mapping[str, Any]) -> bool:
    return (entry["kind"], entry.get("when"), entry.get("outcome")) == ("report", "call", "passed")


def _why(records: Sequence[Mapping[str, Any]], tree: Path) -> str:
    for one in records:
        if one["kind"] == "report" and one.get("outcome") == "failed":
            seen = failure_of(one, tree)
            return f"{seen.node_id}: {seen.error_type or 'failure'}: {seen.message}"[:400]
        if one["kind"] == "collect_error":
            seen = failure_of({**one, "when": "collection"}, tree)
            last = seen.excerpt.strip().splitlines()[-1:] or [seen.message]
            return f"{seen.node_id} cannot be collected: {last[0]}"[:400]
    return ""


def _last(done: process.Finished) -> str:
    lines = redact(clean_text(done.tail(LOG_CHARACTERS))).strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]  # pytest says more below them
    lines = errors[:1] or lines
    return lines[-1][:300] if lines else f"nothing was said (status {done.returncode})"
