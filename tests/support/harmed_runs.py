"""Demos for the crash matrix and the fault matrix: made ready, harmed one call after another, judged."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.core_environment import core_environment
from tests.support.matrix import Cell, dishonest, limits
from tests.support.outside import Call, Outside
from tests.support.repositories import git
from tests.support.stages import KILLED, Session, Stages
from tests.support.toolkit import HERE, toolkit

LOCAL, GITHUB = "timeout-in-datamovement", "github"
RIGHT = {  # the branch of the fix, its one file, and the line that repairs it
    LOCAL: ("timeout-in-datamovement", "src/datamovement/scatter.py", "+    if total % size > 0:"),
    GITHUB: ("moved-name-in-layers", "src/layers/merge.py", "+import collections.abc"),
}
# Calls of a verb, at most: beyond them a sample would meet nothing. The whole matrices check it.
MOST = {"validate": 20, "fetch-logs": 14, "reproduce": 51, "fix": 66, "publish": 62, "report": 1}


def seed() -> int:
    """FLOW_SEED, else one of this commit: so each push meets other calls, and again the same ones."""
    if told := os.environ.get("FLOW_SEED"):
        return int(told)
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return int(done.stdout.strip()[:12] or "0", 16)


@contextlib.contextmanager
def demo(name: str) -> Iterator[Stages]:
    """The demo with nothing done yet; skipped where its programs cannot be counted."""
    if not shutil.which("setpriv"):
        pytest.skip("util-linux is not here, so the calls cannot be counted")
    # Short: the stand-in of GitHub and the sandbox make sockets below it.
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        place = Path(folder)
        kit = toolkit(place / "kit", place / "cache")
        if name == GITHUB:
            for part in ("support", "resources/github"):
                shutil.copytree(HERE / "tests" / part, kit.top / "tests" / part)
            core_environment(kit.top)
        (place / "tmp").mkdir()
        yield Stages(name, place, Outside(place / "outside").set_up())


def chosen(dice: random.Random, verbs: Sequence[str], hows: Sequence[str]) -> list[Cell]:
    """One call of each of these verbs, and what it meets."""
    # The first call of a verb is the verb itself.
    lowest = 1 if "kill-before" in hows else 2
    return [
        Cell(verb, Call(verb, dice.randint(lowest, MOST[verb]), "?"), dice.choice(hows))
        for verb in verbs
    ]


def harmed(stages: Stages, cells: Sequence[Cell]) -> list[str]:
    """One run, harmed at each cell and resumed after it; what happened, in words.

    A session whose cell was not reached is killed behind the phase, and one that failed told why.
    """
    told = []
    for cell in cells:
        ended = stages.session(cell.phase, cell.call, cell.how, **limits(cell, {}))
        met = {call.number: call for call in stages.outside.calls(cell.call.verb)}.get(
            cell.call.number
        )
        told.append(f"{met or cell.call} {cell.how}: exit {ended.code}")
        if ended.code != KILLED:
            wrong = dishonest(stages, cell, ended)
            assert not wrong, f"{wrong}\n{told}\nexit {ended.code}\n{ended.said}"
    return told


def ends_right(stages: Stages, told: Sequence[str]) -> None:
    """The run, resumed in peace, ends as one that was never harmed; else an error that shows why."""
    ended: Session = stages.session("")
    assert ended.code == 0, f"{told}\nexit {ended.code}\n{ended.said}"
    name, file, line = RIGHT[stages.name]
    origin, repository = stages.example / "origin.git", stages.example / "repository"
    heads = git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    assert heads == [f"fix/{name}", "main", f"repro/{name}"], (told, heads)
    for one in (f"fix/{name}", f"repro/{name}"):
        assert git(repository, "rev-list", "--count", f"main..{one}") == "1", (told, one)
    commit = git(repository, "rev-parse", f"fix/{name}")
    assert git(origin, "rev-parse", f"fix/{name}") == commit, told
    assert git(origin, "diff", "--name-only", "main", commit) == file, told
    shown = git(origin, "show", commit)
    assert f"\n{line}" in shown, f"{told}\n{shown}"
    assert re.findall(r"\*\*Status:\*\* (\S+ \w+)", stages.report()) == ["✅ Success"], told
    state = stages.state()
    left = {name: state[name] for name in ("processes", "tmp", "cache/workbenches") if state[name]}
    assert (state["runs"], left) == (1, {}), told
    if stages.name == GITHUB:
        assert [draft for _, draft, *_ in state["pulls"]] == [True], (told, state["pulls"])
    run = stages.kit.runs()[-1]
    assert [p.name for p in run.rglob("pull-request*.md")] == ["pull-request.md"], told
    free = subprocess.run(["flock", "--nonblock", run / "lock", "true"], check=False)
    assert free.returncode == 0, f"the lock is held\n{told}"
    for place in (repository, origin):
        git(place, "fsck", "--strict")


def whole(stages: Stages) -> None:
    """Record the demo, and check what the samples stand on."""
    stages.record()
    for phase, calls in stages.counted.items():
        for call in calls:
            assert call.number <= MOST.get(call.verb, 2), (
                f"raise MOST: {phase} has {len(calls)} calls"
            )
