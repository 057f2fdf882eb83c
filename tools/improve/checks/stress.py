"""Many runs of pytest nodes, each in isolation, under one setting: how often do they fail?

``inside/improve_stress.py`` does the runs in the target's interpreter and in the sandbox, and
writes down each failing one with its seed. What it ends with is a ``CheckRun`` like any other,
failed if one run failed, with the counts in ``rate``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from improve.checks import statistics
from improve.checks.pytest_check import INSIDE, parsed
from improve.checks.stress_result import LOG_CHARACTERS, result_of
from improve.checks.stress_told import told
from improve.records import CheckRun, Rate, TargetEnvironment
from improve.workbench import beneath, process
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

START_SECONDS = 30.0  # to start, import and collect
MOST_RUNS = 100_000


@dataclass(frozen=True)
class Stress:
    """A setting and how long to go on. Runs of equal seeds are perturbed alike."""

    amplifier: str = "plain"
    limit: float = 30.0  # seconds of one run; one that takes longer hangs, and has failed
    runs: int = 1000
    until: int = 1  # failures that end it
    first: int = 1  # seed of the first run, the next have those after it
    seeds: tuple[int, ...] = ()  # just these, when given
    processes: bool = False  # each run a new interpreter, also where forks would do
    progress: Callable[[str], None] | None = None


def measuring(stress: Stress) -> Stress:
    """The same setting, until it has failed often enough to know its rate."""
    return replace(stress, runs=MOST_RUNS, until=statistics.ENOUGH_FAILURES, first=1, seeds=())


def alike(stress: Stress, rate: Rate) -> Stress:
    """The same, with each run what those of ``rate`` were: in a fork strings hash as in all others,
    and threads that a module starts are not there."""
    return replace(stress, processes=rate.how == "process")


def run_stress(
    tree: Path,
    environment: TargetEnvironment,
    nodes: Sequence[str],
    stress: Stress,
    seconds: float,
    extra: Mapping[str, str] | None = None,
) -> CheckRun:
    """Run ``nodes`` under ``stress``, at most ``seconds``. Raises: nothing for failing tests."""
    with temporary("improve-stress-") as scratch:
        record = scratch / "record.jsonl"
        world = test_environ(tree, environment, scratch, (INSIDE,))
        with told(record, seconds, stress.amplifier, stress.runs, stress.progress):
            done = process.run(
                [environment.python, str(INSIDE / "improve_stress.py"), *_options(stress, seconds),
                 "--record", str(record), "--", *nodes],
                cwd=tree, env={**world, **(extra or {})}, merge=True, keep=LOG_CHARACTERS,
                timeout=max(1.0, seconds) + START_SECONDS + stress.limit,
                fence=needs.for_tests(tree, Path(environment.python), (scratch,), (INSIDE,)),
            )  # fmt: skip
        lines = beneath.lines(scratch, record.name)
    records = [one for one in map(parsed, lines) if one]
    return result_of(done, records, tree, nodes, stress.amplifier, stress.limit)


def _options(stress: Stress, seconds: float) -> list[str]:
    given = {
        "amplifier": stress.amplifier, "limit": stress.limit, "runs": stress.runs,
        "until": stress.until, "first": stress.first, "seconds": max(1.0, seconds),
        "seeds": ",".join(map(str, stress.seeds)),
    }  # fmt: skip
    apart = ["--processes"] if stress.processes else []
    return [*(f"--{name}={value}" for name, value in given.items()), *apart]
