"""A Python that ends with 0 and did not do what it was asked for: seen, and told as that."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from improve.errors import Unable
from improve.workbench.inspection import look_inside
from improve.workbench.venv import make_venv


def python(folder: Path, *lines: str) -> Path:
    """A program in the place of an interpreter."""
    place = folder / "bin" / "python"
    place.parent.mkdir(parents=True)
    place.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    place.chmod(0o755)
    return place


def test_a_virtual_environment_that_is_not_there_afterwards(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    silent = python(tmp_path / "silent", "exit 0")
    with pytest.raises(Unable, match="A virtual environment could not be made"):
        make_venv(
            silent, tmp_path / "venv", tmp_path / "checkout", tmp_path / "downloads",
            time.monotonic() + 60, with_pip=False,
        )  # fmt: skip


@pytest.mark.parametrize("answer", ["", "{[<", '["3.11.7"]', '["3.11.7", [1]]'])
def test_an_answer_that_names_no_folders(tmp_path: Path, answer: str) -> None:
    odd = python(tmp_path / "odd", f"echo '{answer}'")
    with pytest.raises(Unable, match="did not tell its folders"):
        look_inside(odd)
