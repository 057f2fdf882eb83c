"""Judge the fixes of ``tests.support.cheats`` as a run does: guard, reproduction, proof.

What is measured of a project once a run (the suite without a fix) is measured once here, too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.cheats import Fault, Fix, fault, project
from tests.support.interpreter import interpreter
from tests.support.repositories import git, repository

from improve.checks import judge as judge_module
from improve.checks import proof as proof_module
from improve.checks.check import Check
from improve.checks.frozen import freeze
from improve.checks.ground import Ground
from improve.checks.judge import Judgement, judge
from improve.records import Failure, TargetEnvironment, Verdict
from improve.records.verdict import NUMBERS
from improve.workbench.bench import Bench, workbench

SUITE_SECONDS = 60.0
ENOUGH = 600.0


@dataclasses.dataclass
class Court:
    """One language's project in a workbench, and the grounds of its faults as far as measured."""

    folder: Path
    bench: Bench
    commit: str
    environment: TargetEnvironment
    grounds: dict[str, Ground] = dataclasses.field(default_factory=dict)

    def ground(self, wrong: Fault) -> Ground:
        """The measured ground of a fault; a copy, which may be changed."""
        if wrong.name not in self.grounds:
            self.grounds[wrong.name] = self._measured(wrong)
        return dataclasses.replace(self.grounds[wrong.name])

    def judged(self, fix: Fix) -> Judgement:
        return judge(self.ground(fault(fix)), fix.diff, ())

    def _measured(self, wrong: Fault) -> Ground:
        run = self.folder / "runs" / wrong.name
        run.mkdir(parents=True)
        for other in self.grounds.values():  # of the same commit, and so the same suite
            for kept in other.run.glob("proof/suite-before-*"):
                (run / "proof").mkdir(exist_ok=True)
                shutil.copy(kept, run / "proof")
        frozen = {wrong.path: wrong.reproduction.encode()} if wrong.reproduction else {}
        made = Ground(
            bench=self.bench, run=run, base_commit=self.commit, frozen=freeze(run, frozen),
            check=Check(
                self.environment, () if wrong.command else (wrong.node,), wrong.command
            ),
            observed=Failure(), originals=(wrong.original,) if wrong.original else (),
            suite_seconds=SUITE_SECONDS, left=lambda: ENOUGH, progress=lambda _text: None,
        )  # fmt: skip
        made.measure()
        made.observed = made.before[0].failures[0]
        return made


@contextlib.contextmanager
def court(language: str, folder: Path) -> Iterator[Court]:
    """A workbench over the project of ``language``, in ``folder``, which is empty."""
    place = repository(folder / "project", project(language))
    # colorsys stands for a module of the project that is taken from somewhere else.
    own = tuple(path.removesuffix(".py") for path in project(language) if "/" not in path)
    here = TargetEnvironment(
        python=interpreter("ruff"),
        python_version="3",
        key="",
        source="",
        top_level=(*own, "colorsys"),
    )
    with workbench(place / ".git", folder / "bench", ("A", "a@example.invalid")) as bench:
        yield Court(folder, bench, git(place, "rev-parse", "HEAD"), here)


def refused_by(found: Judgement) -> int:
    """The number of the check that refuses; 0 when none does."""
    if found.outcome == "kept":
        return 0
    steps = (*found.verdicts, *(found.proof.steps if found.proof else ()))
    refusing = [NUMBERS[step.rule] for step in steps if step.refuses]
    if refusing:
        return refusing[0]
    return 4 if found.outcome == "refused" else 5  # it does not apply; the test still fails


def said(found: Judgement) -> str:
    return f"{found.outcome}: {found.reason}"


@contextlib.contextmanager
def no_text_is_read() -> Iterator[None]:
    """What is found by reading a diff is switched off: checks 1, 2, 3 and 10.

    One run with the fix has to do: whether the next four pass as well shows nothing of a cheat.
    """
    nothing = Verdict(rule="conduct", passed=True, reason="not looked at")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge_module, "inspect", lambda *_: [])
        patch.setattr(judge_module, "conduct", lambda *_: nothing)
        patch.setattr(judge_module, "touched", lambda *_: nothing)
        patch.setattr(proof_module, "AFTER_RUNS", 1)
        yield
