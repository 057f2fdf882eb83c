"""The script beside an intermittent test does what its README says, from the top of a repository."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.interpreter import interpreter
from tests.support.toolkit import HERE

from improve.prompts import render
from improve.records import Reproduction, TargetEnvironment
from improve.report.again import run_again
from improve.reproduction.make import RUN_TEST

TEST = """\
from datetime import date
def test_tomorrow(): date.today().replace(day=date.today().day + 1)
"""
PLAIN = "def test_fine(): pass\n"
DRAWN = "import os\nDRAWN = os.urandom(1)[0] % 2\ndef test_drawn(): assert DRAWN\n"
FOLDER = "reproduce-ND-failures/month-end"
VALUES: dict[str, object] = {
    "name": "month-end", "folder": FOLDER, "commit": "c" * 40, "amplifier": "clock", "limit": 10,
    "roots": "src:'my lib'", "processes": False,
}  # fmt: skip


@pytest.fixture
def top(tmp_path: Path) -> Path:
    script = tmp_path / FOLDER / "run_test.sh"
    script.parent.mkdir(parents=True)
    (script.parent / "tests").mkdir()
    script.write_text(render(HERE / RUN_TEST, VALUES))
    (script.parent / "tests" / "test_month_end.py").write_text(TEST)
    return tmp_path


def run(top: Path, *arguments: str, toolkit: str = str(HERE)) -> subprocess.CompletedProcess[str]:
    world = {**os.environ, "PYTHON": interpreter(), "IMPROVE_TOOLKIT": toolkit}
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


def test_what_was_measured_with_an_interpreter_each_is_run_so_again(top: Path) -> None:
    """What is drawn at import is the same in all forks of one process."""
    (top / FOLDER / "run_test.sh").write_text(render(HERE / RUN_TEST, VALUES | {"processes": True}))
    (top / FOLDER / "tests" / "test_month_end.py").write_text(DRAWN)
    told = run(top, "--amplified", "20").stderr
    failed = re.search(r"(\d+) of 20 runs failed", told)
    assert failed and 0 < int(failed[1]) < 20, told


def test_the_line_of_the_report_runs_a_failing_run_again(top: Path) -> None:
    """Both kinds, as they stand: with the script on its branch, and of a test that was there before."""
    many = run(top, "--amplified", "20").stderr
    seed, day = re.findall(r"seed (\d+) \(clock (\S+)\): ValueError", many)[0]
    subprocess.run(["git", "init", "-q", "-b", "repro/month-end", top], check=True)
    place = TargetEnvironment(python=interpreter(), python_version="3", key="", source="")
    known: dict[str, Any] = {
        "outcome": "intermittent", "commit": "c" * 40, "amplifier": "clock", "seed": int(seed),
        "rates": [{"amplifier": "clock", "failures": 1, "runs": 2, "limit": 10}],
        "node_ids": [f"{FOLDER}/tests/test_month_end.py"], "environment": place,
    }  # fmt: skip
    branched = {**known, "branch": "repro/month-end", "folder": FOLDER}
    for found in (Reproduction(**known), Reproduction(**branched)):
        lines = run_again(top, found, HERE).splitlines()
        line = "\n".join(one for one in lines[:-1] if "checkout" not in one)
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert f"seed {seed} (clock {day}): ValueError" in done.stderr, f"{line}\n{done.stderr}"
        assert lines[-1].endswith("--amplified") or "--runs 100" in lines[-1], lines
    assert f"git checkout {branched['branch']}" in run_again(top, Reproduction(**branched), HERE)
    assert run_again(top, Reproduction(**{**known, "seed": None}), HERE) == ""


def test_in_the_toolkit_s_own_copy_it_says_where_to_go(top: Path) -> None:
    """Seen: an INTERNALERROR of pytest, which met the toolkit's settings with another pytest."""
    runner = top / "tools" / "improve" / "checks" / "inside" / "improve_stress.py"
    runner.parent.mkdir(parents=True)
    runner.write_text("")
    for arguments in (("--amplified",), ("--seed", "3"), ("5",)):
        found = run(top, *arguments)
        assert found.returncode == 2 and "git checkout repro/month-end" in found.stderr, found
        assert f"export IMPROVE_TOOLKIT={top} PYTHON=" in found.stderr, found.stderr
        assert f"bash {FOLDER}/run_test.sh {' '.join(arguments)}\n" in found.stderr


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
