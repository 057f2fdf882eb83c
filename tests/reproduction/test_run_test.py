"""The script beside an intermittent test does what its README says, from the top of a repository."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.toolkit import HERE

from improve.prompts import render
from improve.reproduction.make import RUN_TEST

TEST = """\
from datetime import date
def test_tomorrow(): date.today().replace(day=date.today().day + 1)
"""
PLAIN = "def test_fine(): pass\n"
FOLDER = "reproduce-ND-failures/month-end"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    script = tmp_path / FOLDER / "run_test.sh"
    script.parent.mkdir(parents=True)
    (script.parent / "tests").mkdir()
    script.write_text(render(HERE / RUN_TEST, {"amplifier": "clock", "limit": 10}))
    (script.parent / "tests" / "test_month_end.py").write_text(TEST)
    return tmp_path


def run(top: Path, *arguments: str, toolkit: str = str(HERE)) -> subprocess.CompletedProcess[str]:
    world = {**os.environ, "PYTHON": sys.executable, "IMPROVE_TOOLKIT": toolkit}
    return subprocess.run(
        ["bash", f"{FOLDER}/run_test.sh", *arguments],
        cwd=top, env=world, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_amplified_runs_name_their_seeds_and_a_seed_fails_again(top: Path) -> None:
    many = run(top, "--amplified", "20")
    told = many.stdout + many.stderr
    assert many.returncode == 1 and re.search(r"\d+ of 20 runs failed \(clock\)", told), told
    seed, day = re.findall(r"seed (\d+) \(clock (\S+)\): ValueError", told)[0]
    again = run(top, "--seed", seed)
    assert f"seed {seed} (clock {day}): ValueError" in again.stderr, again.stderr
    assert again.returncode == 1 and "1 of 1 runs failed" in again.stderr


def test_plain_runs_need_no_toolkit(top: Path) -> None:
    (top / FOLDER / "tests" / "test_month_end.py").write_text(PLAIN)
    found = run(top, "2", toolkit="")
    assert found.returncode == 0 and "0 of 2 runs failed (plain" in found.stdout, found.stderr
    (top / FOLDER / "tests" / "test_month_end.py").write_text("def test_bad(): assert 0\n")
    found = run(top, "2", toolkit="")
    assert found.returncode == 1 and "2 of 2 runs failed" in found.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--seed", "1"), "IMPROVE_TOOLKIT"),
        (("--seed",), "a seed"),
        (("--never",), "bash run_test.sh --amplified"),
    ],
)
def test_what_it_cannot_do_is_told_with_the_next_step(
    top: Path, arguments: tuple[str, ...], told: str
) -> None:
    found = run(top, *arguments, toolkit="/nowhere")
    assert found.returncode != 0 and told in found.stderr, found.stderr
