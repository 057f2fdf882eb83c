"""Reproduce a slow-down (``slower-than``): the failing commit beside the one that was faster.

Both are timed on this machine, in this hour, by turns, and in the environment of the failing commit.
That there is no difference beyond the machine's noise is an answer, too: then there is nothing to
fix, and what would have been seen is told.
"""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path
from typing import NamedTuple

from improve.agents.protocol import SlowDown
from improve.checks import slowdown, speed
from improve.checks.baselines import Baselines, baselines
from improve.checks.check import Check
from improve.checks.frozen import freeze, lay
from improve.checks.pace import Pace, message, slower
from improve.checks.speed import MAY_FAIL, MOST_ROUNDS, Times, failed, interleaved, untimed
from improve.errors import RequestError
from improve.records import FrozenFile, Reproduction, TargetEnvironment
from improve.records.speed import Speed
from improve.reproduction.by_test import existing_content
from improve.reproduction.work import Work, choose_base, result
from improve.workbench.bench import Bench, Tree
from improve.workbench.git import Git

LARGEST = 1 << 20  # bytes of a file that may be put back as it was
SHARE = 0.6  # of the time that is left, for measuring
NAMES = ("the good commit", "the good commit", "the failing commit")


class Asked(NamedTuple):
    """What is timed, and the file that is laid into every tree for it."""

    check: Check
    node: str
    frozen: tuple[FrozenFile, ...]


def by_speed(work: Work, tree: Tree, slower_than: str) -> Reproduction:
    """The reproduction of a slow-down, or that it is within noise.

    Raises: RequestError when the repository has no such commit or tag.
    """
    good = good_commit(work.user, slower_than, work.commit)
    asked = _asked(work, tree)
    run, environment = work.context.run, work.environment
    trees = baselines(work.bench, environment, good, work.commit, run, asked.frozen)
    work.context.progress(f"timing it beside {slower_than}")
    began = time.monotonic()
    sides = dict(zip(Baselines._fields, trees, strict=True))
    times = interleaved(
        sides, asked.check.timed(), MOST_ROUNDS, SHARE * work.left(), work.context.progress
    )
    confidence = work.validated.request.limits.confidence
    wrong = _not_timed(times, slowdown.least_rounds(confidence), work.left())
    if wrong:
        return result(work, "could_not_run", original_node_ids=_originals(asked), notes=(wrong,))
    found = slowdown.compared(times["good"], times["again"], times["failing"], good, confidence)
    spent = round(time.monotonic() - began, 2)
    if found.decisive.verdict != "slower":
        return _not_slower(work, asked, found.model_copy(update={"seconds": spent}))
    work.context.progress("finding the functions that became slower")
    hot = speed.hot(trees.good, trees.failing, asked.check.timed(), work.left() / 4)
    if told := failed(times[MAY_FAIL]):
        work.notes.append(f"At the failing commit the test itself fails, too: {told}")
    return _slower(work, asked, found.model_copy(update={"seconds": spent, "hot": hot}))


def good_commit(user: Git, name: str, commit: str) -> str:
    """The commit that ``slower-than`` names.

    Raises: RequestError when there is none, or it is the failing ``commit`` itself.
    """
    tag = name.removeprefix("refs/tags/")
    digits = len(name) >= 7 and set(name) <= set("0123456789abcdef")
    good = user.commit_of(f"refs/tags/{tag}") or (user.commit_of(name) if digits else "")
    if not good:
        raise RequestError(
            f"slower-than: the repository has no commit or tag {name!r}.",
            "Fetch it (git fetch --tags origin; git fetch --unshallow in a shallow clone), or name "
            "another one: git tag --list",
        )
    if good == commit:
        raise RequestError(
            f"slower-than: {name!r} is the commit that is timed itself ({commit[:12]}).",
            "Name a commit from before it became slower.",
        )
    return good


def pace_of(
    bench: Bench,
    environment: TargetEnvironment,
    found: Speed,
    failing: str,
    run: Path,
    frozen: tuple[FrozenFile, ...],
    confidence: float,
) -> Pace:
    """What a tree has to be as fast as, from what was measured; ``failing`` is a commit."""
    return Pace(
        measure=found.measure,
        slowdown=math.log(found.decisive.ratio),
        confidence=confidence,
        trees=lambda: baselines(bench, environment, found.good, failing, run, frozen),
    )


def slow_down(bench: Bench, found: Reproduction) -> SlowDown:
    """What an agent is told of it: what changed since it was fast, and what became slower."""
    assert found.speed is not None  # noqa: S101 - asked for slow-downs alone
    good, git = found.speed.good, bench.git
    diffs = tuple(
        git.must(
            "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
            f"--unified={around}", good, found.base_commit,
        )
        for around in (0, 3)
    )  # fmt: skip

    def earlier(path: str) -> str | None:
        done = git.run("show", f"{good}:{path}", keep=LARGEST)
        return done.stdout.decode("utf-8", "replace") if done.ok else None

    return SlowDown(diffs, tuple(one.place for one in found.speed.hot), earlier)


def _asked(work: Work, tree: Tree) -> Asked:
    command, test = work.validated.request.check, work.validated.request.existing_test_path
    if command or not test:
        return Asked(Check(work.environment, command=command or ""), command or "", ())
    path = test.partition("::")[0]
    frozen = freeze(work.context.run, {path: existing_content(work, tree, path)})
    return Asked(work.check((test,)), test, frozen)


def _originals(asked: Asked) -> tuple[str, ...]:
    return () if asked.check.command else (asked.node,)


def _not_timed(times: Times, least: int, left: float) -> str:
    """Why nothing can be said, if so."""
    for (side, samples), name in zip(times.items(), NAMES, strict=True):
        if told := (untimed if side == MAY_FAIL else failed)(samples):
            return f"It could not be timed at {name}: {told}."
    rounds = min(len(side) for side in times.values())
    if rounds >= least:
        return ""
    return (
        f"The time allowed {rounds} rounds of timing, and {least} are needed. Raise limits.minutes "
        "in info.json and reproduce-minutes in improve.yaml, or name a shorter test."
    )


def _not_slower(work: Work, asked: Asked, found: Speed) -> Reproduction:
    return result(
        work, "not_reproduced", original_node_ids=_originals(asked), speed=found,
        runs=found.decisive.runs, notes=(found.sentence,),
    )  # fmt: skip


def _slower(work: Work, asked: Asked, found: Speed) -> Reproduction:
    run, check = work.context.run, asked.check
    confidence = work.validated.request.limits.confidence
    pace = pace_of(work.bench, work.environment, found, work.commit, run, asked.frozen, confidence)

    def slow(tree: Tree) -> bool:
        lay(run, asked.frozen, tree.path)
        seen = dataclasses.replace(check, pace=pace).run(tree.path, work.left() / 2)
        return seen.complete and not seen.ok

    base, why = choose_base(work, slow)
    notes = [found.sentence]
    if work.environment.generated:
        notes.append("Files that the build makes are those of the failing commit on both sides.")
    decisive = found.decisive
    told = message(found.measure, decisive.ratio)
    return result(
        work, "reproduced", kind="command" if check.command else "existing",
        node_ids=(asked.node,), original_node_ids=_originals(asked), frozen=asked.frozen,
        observed=slower(asked.node, told, found.sentence), runs=decisive.runs,
        failed_runs=decisive.runs, speed=found, deterministic=True, base=base.branch,
        base_commit=base.commit, base_reason=why, notes=tuple(notes),
    )  # fmt: skip
