"""People put a link to run.sh into a folder of their PATH, and export CDPATH: it finds itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.toolkit import HERE, Toolkit

# What is called, with what, and words that it says when it found its files.
SCRIPTS = {
    "run.sh": (["--resume"], "./run.sh starts a new one"),
    "tools/shell/step.sh": (["resume", "--choose"], "./run.sh starts a new one"),
    "tools/shell/install-sandbox.sh": ([], ""),
    "tests/run": (["--help"], "every check of this project"),
    ".ci/run": ([], "the tests of this place"),
}


@pytest.fixture
def top(kit: Toolkit) -> Path:
    (kit.top / "tests").mkdir(exist_ok=True)
    shutil.copy(HERE / "tests" / "run", kit.top / "tests" / "run")
    return kit.top


def called(words: list[str | Path], cwd: Path, environ: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        words, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def environ(kit: Toolkit, place: Path, **more: str) -> dict[str, str]:
    """With a bwrap: where one is there, none is installed."""
    (place / "bwrap").touch(mode=0o755)
    return kit.environ({"PATH": f"{place}{os.pathsep}{os.environ['PATH']}", **more})


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("how", ["a link", "a link to a link", "CDPATH", "its path"])
def test_a_script_finds_its_files(
    kit: Toolkit, top: Path, tmp_path: Path, script: str, how: str
) -> None:
    options, words = SCRIPTS[script]
    place = tmp_path / "bin"
    place.mkdir()
    if script == ".ci/run":
        (top / "tests" / "run").write_text("#!/bin/sh\necho the tests of this place\n")
    name: str | Path = script
    world, cwd = environ(kit, place), top
    if how.startswith("a link"):
        (place / "first").symlink_to(os.path.relpath(top / script, place))
        (place / "second").symlink_to("first")
        name, cwd = "first" if how == "a link" else "second", tmp_path  # found by PATH
    elif how == "CDPATH":
        # Folders of the same names lie there, and `cd` prints where it went.
        shutil.copytree(top, tmp_path / "elsewhere" / top.name, symlinks=True)
        world["CDPATH"] = str(tmp_path / "elsewhere")
        name, cwd = f"{top.name}/{script}", tmp_path
    else:
        name = f"./{script}"
    code, said = called([name, *options], cwd, world)
    assert words in said and code == (1 if "--resume" in options or "resume" in options else 0), (
        said
    )
    assert "No such file" not in said
