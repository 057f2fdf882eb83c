"""Many runs of an imaginary CI as a folder of JUnit files, with planted patterns. By seed.

Each run has a random cell of the matrix, a random hour, a random order over four workers; a commit has
four runs: two cells, twice each.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import quoteattr

from improve.records import Analysis

WORKERS = 4
CLUSTER = 8
BEGIN = datetime(2026, 1, 5, tzinfo=timezone.utc)


@dataclass
class Cell:
    """One run, before its tests ran."""

    number: int
    sha: str
    place: int  # of its commit
    os: str
    python: str
    db: str
    started: datetime
    red_cluster: bool
    down: bool


@dataclass
class Planted:
    """What was put in: pattern -> test; regression's first commit; runs that were down."""

    tests: dict[str, str] = field(default_factory=dict)
    broken_by: str = ""
    down: set[str] = field(default_factory=set)


WANTED = {"os": "os", "matrix": "matrix.db", "polluter": "earlier", "hour": "hour", "worker": "worker",
          "timeout": "duration"}  # fmt: skip


def plant(folder: Path, seed: int, runs: int = 500, tests: int = 2000) -> Planted:
    """Write the runs below ``folder``."""
    draw = random.Random(seed)
    names = [f"test_{number:04d}" for number in range(tests)]
    special = draw.sample(names, 9 + CLUSTER)
    kinds = ("os", "matrix", "polluter", "victim", "hour", "worker", "timeout", "broken", "rare")
    named = dict(zip(kinds, special, strict=False))
    cluster = set(special[9:])
    cells = _cells(draw, runs)
    commits = cells[-1].place + 1
    edge = int(commits * 0.7)
    planted = Planted({"cluster": "", **{kind: _node(name) for kind, name in named.items()}})
    planted.broken_by = next(cell.sha for cell in cells if cell.place == edge)
    planted.down = {str(cell.number) for cell in cells if cell.down}
    planted.tests["polluter"] = planted.tests.pop("victim")
    planted.tests["cluster"] = " ".join(sorted(_node(name) for name in cluster))
    for cell in cells:
        _write(folder, cell, _results(draw, cell, names, named, cluster, edge))
    return planted


def _cells(draw: random.Random, runs: int) -> list[Cell]:
    down = set(draw.sample(range(runs), max(1, runs // 160)))
    cells: list[Cell] = []
    for place in range((runs + 3) // 4):
        sha = f"{draw.getrandbits(160):040x}"
        pairs = [
            (draw.choice(("Linux", "Windows", "macOS")), draw.choice(("3.11", "3.12", "3.13")),
             draw.choice(("sqlite", "postgres")))
            for _ in range(2)
        ]  # fmt: skip
        for at in range(min(4, runs - len(cells))):
            # The first run follows the push; the others come when they come.
            minutes = draw.randrange(60) if at == 0 else 60 + draw.randrange(24 * 60)
            began = BEGIN + timedelta(hours=9 * place, minutes=minutes)
            number = len(cells)
            cells.append(
                Cell(1000 + number, sha, place, *pairs[at % 2], began, draw.random() < 0.04, number in down)
            )  # fmt: skip
    return cells


def _results(
    draw: random.Random,
    cell: Cell,
    names: list[str],
    named: dict[str, str],
    cluster: set[str],
    edge: int,
) -> list[tuple[str, str, float, str]]:
    """Name, worker, seconds and error ('': passed), in the order in which they ended."""
    order = draw.sample(names, len(names))
    polluted: set[str] = set()
    slow = draw.random() < 0.06
    chances = {
        named["os"]: 0.25 if cell.os == "Windows" else 0.0,
        named["matrix"]: 0.25 if cell.db == "postgres" else 0.0,
        named["hour"]: 0.6 if cell.started.hour in (23, 0, 1) else 0.0,
        named["timeout"]: 1.0 if slow else 0.0,
        named["broken"]: 1.0 if cell.place >= edge else 0.0,
        named["rare"]: 0.01,
    }
    found = []
    for at, name in enumerate(order):
        worker = f"gw{at % WORKERS}"
        seconds = draw.lognormvariate(-5, 0.7)
        chance = chances.get(name, 0.0)
        if name == named["worker"]:
            chance = 0.2 if worker == "gw3" else 0.0
        elif name == named["polluter"]:
            polluted.add(worker)
        elif name == named["victim"]:
            chance = 0.9 if worker in polluted else 0.0
        elif name == named["timeout"]:
            seconds = 30.0 if slow else 3.0 + draw.random()
        elif name in cluster:
            chance = 0.95 if cell.red_cluster else 0.0
        if cell.down:
            chance = 0.93
        error = _error(name, named, cluster, cell) if draw.random() < chance else ""
        found.append((name, worker, seconds, error))
    return found


def _error(name: str, named: dict[str, str], cluster: set[str], cell: Cell) -> str:
    if cell.down:
        return "OSError: [Errno 28] No space left on device"
    if name in cluster:
        return "ConnectionError: the broker at 10.0.0.7:5672 closed the connection"
    if name == named["timeout"]:
        return "TimeoutError: no answer within 30.0 s"
    return f"AssertionError: assert {cell.number % 7} == 0"


def _write(folder: Path, cell: Cell, results: list[tuple[str, str, float, str]]) -> None:
    job = f"test ({cell.os}, {cell.python}, {cell.db})"
    place = folder / f"run-{cell.number}"
    place.mkdir(parents=True)
    told = {
        "sha": cell.sha, "job": job, "started": cell.started.isoformat(), "minutes": 12.5,
        "runner": f"hosted {cell.number}", "os": cell.os, "python": cell.python,
        "matrix": {"os": cell.os, "python": cell.python, "db": cell.db}, "branch": "main",
    }  # fmt: skip
    (place / "run.json").write_text(json.dumps(told))
    cases = "".join(_case(*one) for one in results)
    head = (
        f'<testsuite name="pytest" tests="{len(results)}" timestamp="{cell.started.isoformat()}">'
    )
    (place / "junit.xml").write_text(
        f'<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests">{head}{cases}'
        "</testsuite></testsuites>"
    )


def _case(name: str, worker: str, seconds: float, error: str) -> str:
    failure = ""
    if error:
        place = f"tests/{_module(name)}.py:12"
        failure = f"<failure message={quoteattr(error)}>E   {error}\n\n{place}: {error.split(':')[0]}</failure>"
    return (
        f'<testcase classname="tests.{_module(name)}" name="{name}" time="{seconds:.3f}">'
        f'<properties><property name="worker" value="{worker}"/></properties>{failure}</testcase>\n'
    )


def _module(name: str) -> str:
    return f"test_part{name[-2:]}"


def _node(name: str) -> str:
    return f"tests/{_module(name)}.py::{name}"


def judged(analysis: Analysis, planted: Planted) -> tuple[dict[str, bool], list[str]]:
    """Pattern -> whether it was found; and everything that was told and not planted."""
    found = dict.fromkeys((*WANTED, "cluster", "regression"), False)
    false: list[str] = []
    kinds = {test: kind for kind, test in planted.tests.items()}
    for group in analysis.groups:
        tests = sorted(case.test for case in group.cases)
        told = [finding.dimension for case in group.cases for finding in case.findings]
        if " ".join(tests) == planted.tests["cluster"] and not told:
            found["cluster"] = True
            continue
        kind = kinds.get(tests[0], "") if len(tests) == 1 else ""
        if kind in WANTED and told == [WANTED[kind]]:
            found[kind] = True
        elif kind not in ("rare", *WANTED) or told:
            false.append(f"group {tests} ({kind or 'not planted'}): {told}")
    for case in analysis.regressions:
        if case.test == planted.tests["broken"] and case.broken:
            found["regression"] = case.broken.by_commit == planted.broken_by and not case.mended
        else:
            false.append(f"regression {case.test}")
    false += [f"suspect {case.test}" for case in analysis.suspects if case.test not in kinds]
    false += [f"outage {run}" for run in planted.down ^ {outage.run for outage in analysis.outages}]
    return found, false
