"""The ground of a proof by many runs: a small project, seen to fail five times under its setting."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.support.interpreter import interpreter
from tests.support.repositories import git, repository

from improve.checks import proof_often
from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.checks.stress import Stress
from improve.records import Failure, TargetEnvironment
from improve.workbench.bench import workbench

HERE = TargetEnvironment(
    python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
)


@contextlib.contextmanager
def seen_to_fail(
    folder: Path, files: Mapping[str, str], node: str, setting: str, **more: float
) -> Iterator[Ground]:
    """``files`` as a repository in ``folder``; ``more`` are fields of the ground, such as confidence."""
    place = repository(folder / "repository", dict(files))
    (folder / "run").mkdir()
    with workbench(place / ".git", folder / "bench", ("A", "a@example.invalid")) as bench:
        made = Ground(
            bench=bench, run=folder / "run",
            check=Check(HERE, (node,), stress=Stress(setting, 5.0)),
            base_commit=git(place, "rev-parse", "HEAD"), frozen=(), observed=Failure(),
            originals=(), suite_seconds=1, left=lambda: 200.0, progress=lambda _text: None, **more,
        )  # fmt: skip
        made.before = made._see_it_fail()
        made.observed = made.before[0].failures[0]
        verdict, _runs, failures = proof_often.seen_before(made)
        assert verdict.passed and failures == 5, verdict
        yield made
