"""Every benchmark can be started, whatever has moved in the product since its numbers were taken."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
BENCHMARKS = sorted(p.name for p in FOLDER.iterdir() if p.is_file() and not p.suffix)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_starts_and_explains_itself(name: str) -> None:
    done = subprocess.run(
        [FOLDER / name, "--help"], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, f"benchmarks/{name}" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("name", BENCHMARKS)
def test_its_figures_are_told_beside_the_command(name: str) -> None:
    told = (FOLDER / "README.md").read_text()
    assert f"$ benchmarks/{name}" in told, "give the table that it printed, under its command"
