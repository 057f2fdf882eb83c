"""Many runs of pytest nodes, each in isolation, under one setting: how often do they fail?

``inside/improve_stress.py`` does the runs in the target's interpreter and in the sandbox, and
writes down each failing one with its seed. What it ends with is a ``CheckRun`` like any other,
failed if one run failed, with the counts in ``rate``.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from improve.checks import statistics
from improve.checks.pytest_check import INSIDE, failure_of, parsed
from improve.evidence import clean_line, signature
from improve.prompts import percent
from improve.records import CheckRun, Failure, Rate, TargetEnvironment
from improve.records.runs import Outcome
from improve.workbench import process
from improve.workbench.environ import test_environ
from improve.workbench.sandbox import needs

START_SECONDS = 30.0  # to start, import and collect
BEAT_SECONDS = 10.0  # a CI log keeps every line of it
LOG_CHARACTERS = 4000
MOST_RUNS = 100_000
MOST_DRAWN, LARGEST = 20, 1e15
ENDED = {
    "failures": "it had failed often enough",
    "runs": "these were enough runs",
    "time": "the time was up",
    "unable": "this setting cannot be had here",
    "nothing": "no test ran to a pass (all skipped or none collected)",
}
NO_ANSWER = ("nothing", "unable")


@dataclass(frozen=True)
class Stress:
    """A setting and how long to go on. Runs of equal seeds are perturbed alike."""

    amplifier: str = "plain"
    limit: float = 30.0  # seconds of one run; one that takes longer hangs, and has failed
    runs: int = 1000
    until: int = 1  # failures that end it
    first: int = 1  # seed of the first run, the next have those after it
    seeds: tuple[int, ...] = ()  # just these, when given
    progress: Callable[[str], None] | None = None


def measuring(stress: Stress) -> Stress:
    """The same setting, until it has failed often enough to know its rate."""
    return replace(stress, runs=MOST_RUNS, until=statistics.ENOUGH_FAILURES, first=1, seeds=())


def run_stress(
    tree: Path,
    environment: TargetEnvironment,
    nodes: Sequence[str],
    stress: Stress,
    seconds: float,
    extra: Mapping[str, str] | None = None,
) -> CheckRun:
    """Run ``nodes`` under ``stress``, at most ``seconds``. Raises: nothing for failing tests."""
    with tempfile.TemporaryDirectory(prefix="improve-stress-") as scratch:
        record = Path(scratch) / "record.jsonl"
        world = test_environ(tree, environment, Path(scratch), (INSIDE,))
        with _told(record, stress, seconds):
            done = process.run(
                [environment.python, str(INSIDE / "improve_stress.py"), *_options(stress, seconds),
                 "--record", str(record), "--", *nodes],
                cwd=tree, env={**world, **(extra or {})}, merge=True, keep=LOG_CHARACTERS,
                timeout=max(1.0, seconds) + START_SECONDS + stress.limit,
                fence=needs.for_tests(tree, Path(environment.python), (Path(scratch),), (INSIDE,)),
            )  # fmt: skip
        lines = record.read_text("utf-8", "replace").splitlines() if record.exists() else []
    return _result(done, [one for one in map(parsed, lines) if one], tree, nodes, stress)


def _options(stress: Stress, seconds: float) -> list[str]:
    given = {
        "amplifier": stress.amplifier, "limit": stress.limit, "runs": stress.runs,
        "until": stress.until, "first": stress.first, "seconds": max(1.0, seconds),
        "seeds": ",".join(map(str, stress.seeds)),
    }  # fmt: skip
    return [f"--{name}={value}" for name, value in given.items()]


def _result(
    done: process.Finished,
    records: Sequence[Mapping[str, Any]],
    tree: Path,
    nodes: Sequence[str],
    stress: Stress,
) -> CheckRun:
    closing = next((one for one in records if one["kind"] == "stressed"), None)
    failed = [one for one in records if one["kind"] == "failed"]
    failures = [_failure(one, tree, nodes) for one in failed]
    failures += [
        failure_of({**one, "when": "collection"}, tree)
        for one in records
        if one["kind"] == "collect_error"
    ]
    collected = next((one["ids"] for one in records if one["kind"] == "collected"), list(nodes))
    outcomes: dict[str, Outcome] = {str(node): "passed" for node in collected if closing}
    outcomes.update({one.node_id or str(nodes[0]): "failed" for one in failures})
    counts = closing or {"runs": 0, "failures": 0, "why": "", "how": "fork"}
    good = closing is not None and counts["why"] not in NO_ANSWER and int(counts["runs"]) > 0
    rate = Rate(
        amplifier=stress.amplifier,
        failures=int(counts["failures"]),
        runs=int(counts["runs"]),
        seeds=tuple(int(one["seed"]) for one in failed),
        settings=tuple(_drawn(one.get("drawn")) for one in failed),
        how="process" if counts["how"] == "process" else "fork",
        limit=stress.limit,
        seconds=round(done.seconds, 2),
        cpu_seconds=round(float(counts.get("cpu", 0)), 2),
        note=_ended(counts),
    )
    told = f"{rate.failures} of {rate.runs} runs failed ({stress.amplifier}); {rate.note}"
    log = [told, failures[0].excerpt if failures else "" if good else done.tail(LOG_CHARACTERS)]
    return CheckRun(
        command=done.argv, returncode=1 if failures else 0, complete=good,
        seconds=round(done.seconds, 3), outcomes=outcomes, collected=tuple(map(str, collected)),
        failures=tuple(failures), log="\n".join(filter(None, log)), timed_out=done.timed_out,
        sandbox=done.level, rate=rate,
    )  # fmt: skip


def _ended(counts: Mapping[str, Any]) -> str:
    unable = clean_line(str(counts.get("unable") or ""))[:200]
    return ENDED.get(str(counts["why"]), "it broke off") + (f": {unable}" if unable else "")


def _drawn(found: object) -> dict[str, str | int | float]:
    """What an amplifier drew, as the target's own process told it: few, short, clean, finite."""
    pairs = list(found.items())[:MOST_DRAWN] if isinstance(found, dict) else []
    return {clean_line(str(name))[:40]: _plain(value) for name, value in pairs}


def _plain(value: object) -> str | int | float:
    if isinstance(value, (int, float)) and abs(value) < LARGEST:  # not so for NaN
        return value
    return clean_line(str(value))[:80]


def _failure(entry: Mapping[str, Any], tree: Path, nodes: Sequence[str]) -> Failure:
    """What went wrong in one run: its first failing report, else how it ended."""
    records = [one for one in entry.get("records", ()) if isinstance(one, dict)]
    for one in records:
        if one.get("kind") == "report" and one.get("outcome") == "failed":
            return failure_of(one, tree)
        if one.get("kind") == "collect_error":
            return failure_of({**one, "when": "collection"}, tree)
    late = bool(entry.get("late"))
    made = Failure(
        framework="pytest",
        kind="timeout" if late else "crash",
        node_id=str(next((one["id"] for one in reversed(records) if "id" in one), nodes[0])),
        error_type="Timeout" if late else "Crash",
        message="the test ended at its time limit" if late else "the test ended the process",
    )
    return made.model_copy(update={"signature": signature(made)})


@contextmanager
def _told(record: Path, stress: Stress, seconds: float) -> Iterator[None]:
    """Live progress, read off the record while the runs go on in the caller's thread."""
    if stress.progress is None:
        yield
        return
    stop, began, tell = threading.Event(), time.monotonic(), stress.progress

    def watch() -> None:
        while not stop.wait(BEAT_SECONDS):
            beats = [one for one in _last_lines(record) if one["kind"] == "at"]
            if beats:
                left = max(0.0, seconds - (time.monotonic() - began))
                tell(in_words(stress, int(beats[-1]["failures"]), int(beats[-1]["runs"]), left))

    thread = threading.Thread(target=watch, name="stress-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)


def _last_lines(record: Path) -> list[Mapping[str, Any]]:
    if not record.is_file():
        return []
    with record.open("rb") as stream:
        stream.seek(max(0, record.stat().st_size - 4096))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return [one for one in map(parsed, lines) if one]


def in_words(stress: Stress, failures: int, runs: int, left: float) -> str:
    """'thread-noise: 3 of 120 runs failed (0.5 % to 7.1 %), at most 880 to go, 41 s left'."""
    low, high = (percent(one) for one in statistics.interval(failures, max(1, runs)))
    return (
        f"{stress.amplifier}: {failures} of {runs} runs failed ({low} to {high}), "
        f"at most {stress.runs - runs} to go, {left:.0f} s left"
    )
