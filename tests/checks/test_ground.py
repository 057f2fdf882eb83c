"""What is measured once a run: kept for later sessions, unless the time was short."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.repositories import git, repository

from improve.checks.check import Check
from improve.checks.ground import Ground
from improve.checks.proof import prove
from improve.records import Failure, TargetEnvironment
from improve.workbench.bench import workbench

HERE = TargetEnvironment(python=interpreter(), python_version="3", key="", source="")
FILES = {
    "shop.py": "a = 1\n",
    "test_shop.py": "import shop\n\n\ndef test_a():\n    assert shop.a == 2\n",
}
PATCH = b"--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"
WORSE = PATCH.replace(b"+a = 2", b"+import pytest; pytest.skip('x', allow_module_level=True)")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    place = repository(tmp_path / "shop", FILES)
    run = tmp_path / "run"
    run.mkdir()
    with workbench(place / ".git", tmp_path / "bench", ("A", "a@example.invalid")) as bench:
        check = Check(HERE, ("test_shop.py::test_a",))
        said: list[str] = []
        yield Ground(
            bench=bench, run=run, check=check, base_commit=git(place, "rev-parse", "HEAD"), frozen=(),
            observed=Failure(), originals=("test_shop.py::test_a",), suite_seconds=60, left=lambda: 100.0,
            progress=said.append,
        )  # fmt: skip


def kept(ground: Ground) -> list[str]:
    return sorted(path.name.split("-")[0] for path in (ground.run / "proof").glob("*.json"))


def test_the_base_is_measured_once_and_a_repair_is_verified(ground: Ground) -> None:
    ground.measure()
    ground.observed = ground.before[0].failures[0]
    assert kept(ground) == ["before", "suite"] and [run.ok for run in ground.before] == [False] * 3
    again = dataclasses.replace(
        ground, before=[], suite_before=None, check=Check(HERE, ("gone.py",))
    )
    again.measure()
    assert again.before == ground.before, "a later session measured again"
    proof = prove(ground, PATCH)
    assert proof.outcome == "verified", proof.steps
    assert (proof.before_failures, proof.after_passes) == (3, 5)
    worse = prove(ground, WORSE)
    assert worse.outcome == "rejected" and not worse.steps[-1].passed, worse.steps
    broken = prove(ground, b"--- a/no.py\n+++ b/no.py\n@@ -1 +1 @@\n-a\n+b\n")
    assert broken.outcome == "rejected" and "apply" in broken.steps[0].reason


def test_a_test_that_hangs_leaves_time_and_is_seen_again_when_there_is_more(ground: Ground) -> None:
    hanging = Check(HERE, command="sleep 60")
    late = dataclasses.replace(ground, check=hanging, left=lambda: 6.0, suite_before=None)
    began = time.monotonic()
    late.before = late._kept("before", late._see_it_fail)
    assert time.monotonic() - began < 20 and [run.timed_out for run in late.before] == [True] * 3
    assert kept(ground) == []
