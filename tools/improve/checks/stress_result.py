"""What many runs wrote down, read as a ``CheckRun`` with its ``rate``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from improve.checks.pytest_check import failure_of
from improve.evidence import clean_line, signature
from improve.records import CheckRun, Failure, Rate
from improve.records.runs import Outcome
from improve.workbench import process

LOG_CHARACTERS = 4000
MOST_DRAWN, LARGEST = 20, 1e15
ENDED = {
    "failures": "it had failed often enough",
    "runs": "these were enough runs",
    "time": "the time was up",
    "unable": "this setting cannot be had here",
    "nothing": "no test ran to a pass (all skipped or none collected)",
}
NO_ANSWER = ("nothing", "unable")


def result_of(
    done: process.Finished,
    records: Sequence[Mapping[str, Any]],
    tree: Path,
    nodes: Sequence[str],
    amplifier: str,
    limit: float,
) -> CheckRun:
    """Failed if one run failed; not complete if nothing was seen. ``limit``: seconds of one run."""
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
        amplifier=amplifier,
        failures=int(counts["failures"]),
        runs=int(counts["runs"]),
        seeds=tuple(int(one["seed"]) for one in failed),
        settings=tuple(_drawn(one.get("drawn")) for one in failed),
        how="process" if counts["how"] == "process" else "fork",
        limit=limit,
        seconds=round(done.seconds, 2),
        cpu_seconds=round(float(counts.get("cpu", 0)), 2),
        note=_ended(counts),
        ended_early=_early(counts.get("early")),
    )
    told = f"{rate.failures} of {rate.runs} runs failed ({amplifier}); {rate.note}"
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


def _early(found: object) -> dict[str, int]:
    """What ended early in how many runs, as the target's own process told it."""
    pairs = list(found.items())[:MOST_DRAWN] if isinstance(found, dict) else []
    return {clean_line(str(name))[:40]: runs for name, runs in pairs if isinstance(runs, int)}


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
