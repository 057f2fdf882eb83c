"""What each failing run said is kept, with what it takes to make that run again."""

from __future__ import annotations

import json
from pathlib import Path

from improve.records import CheckRun, Failure, Rate
from improve.reproduction.failing_runs import MOST, NAME, keep_failing


def looked(setting: str, *seeds: int, said: str = "E   assert 1 == 2") -> CheckRun:
    drawn = tuple({"zone": f"Etc/GMT+{seed}"} for seed in seeds)
    rate = Rate(amplifier=setting, failures=len(seeds), runs=50, seeds=seeds, settings=drawn)
    failure = Failure(error_type="AssertionError", message="assert 1 == 2", excerpt=said)
    return CheckRun(
        command=(), returncode=1, complete=True, seconds=1, rate=rate,
        failures=(failure,) * len(seeds),
    )  # fmt: skip


def test_each_look_adds_its_failing_runs(tmp_path: Path) -> None:
    run = looked("zone", 3, 9)
    assert keep_failing(tmp_path, run) is run
    keep_failing(tmp_path, looked("plain"))
    keep_failing(tmp_path, looked("clock", 7))
    lines = [json.loads(line) for line in (tmp_path / NAME).read_text().splitlines()]
    assert [(one["setting"], one["seed"]) for one in lines] == [
        ("zone", 3), ("zone", 9), ("clock", 7),
    ]  # fmt: skip
    assert lines[1]["drawn"] == {"zone": "Etc/GMT+9"} and lines[1]["said"] == "E   assert 1 == 2"


def test_it_holds_no_secret_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    secret = "ghp_" + "a" * 36
    keep_failing(tmp_path, looked("zone", *range(2 * MOST), said=f"token {secret}\n"))
    text = (tmp_path / NAME).read_text()
    assert secret not in text and len(text.splitlines()) == MOST


def test_no_failing_run_leaves_no_file(tmp_path: Path) -> None:
    keep_failing(tmp_path, looked("plain"))
    keep_failing(tmp_path, looked("plain").model_copy(update={"rate": None}))
    assert not list(tmp_path.iterdir())
