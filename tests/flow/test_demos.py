"""The list of demos, and what is said before a demo begins."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.stand_in import STAND_INS
from tests.support.toolkit import HERE, Toolkit

ROW = re.compile(r"  '([a-z0-9-]+)\|([a-z-]+)\|([^|']+)'")
ROWS = ROW.findall((HERE / "tools" / "shell" / "demos.sh").read_text())


def without_python(folder: Path, gh: str = "") -> dict[str, str]:
    """A PATH on which nothing could be done: a shell, and a gh that says only what ``gh`` is."""
    folder.mkdir()
    for tool in ("bash", "env", "dirname", "sed"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    if gh:
        a_gh(folder, gh)
    return {"PATH": str(folder)}


def a_gh(folder: Path, version: str = "gh version 2.23.0 (2023-02-27)") -> Path:
    """A folder for PATH with a gh of that version; more than its version is never asked of it."""
    folder.mkdir(exist_ok=True)
    (folder / "gh").write_text(f"#!/bin/sh\necho '{version}'\n")
    (folder / "gh").chmod(0o755)
    return folder


def test_every_example_is_a_demo_with_a_line_of_its_own() -> None:
    names = [name for name, _, _ in ROWS]
    assert sorted(names) == sorted(p.parent.name for p in (HERE / "examples").glob("*/info.json"))
    assert {name for name, stand_in, _ in ROWS if stand_in != "-"} == {
        place.parent.name for place in (HERE / "examples").glob("*/stand-in.txt")
    }
    assert {stand_in for _, stand_in, _ in ROWS} - {"-"} == set(STAND_INS)


@pytest.mark.parametrize("options", [["--help"], ["--demo", "lunch"]])
def test_help_and_a_wrong_name_list_all_demos(kit: Toolkit, options: list[str]) -> None:
    ended = kit.run(*options)
    said = ended.out + ended.err
    assert ended.code == (0 if options == ["--help"] else 2)
    missing = [
        name for name, _, shows in ROWS if not re.search(f"  {name} +{re.escape(shows)}", said)
    ]
    assert not missing, f"not listed: {missing}\n{said}"


@pytest.mark.parametrize(
    ("gh", "words"),
    [
        ("", "needs gh, GitHub's command line program, 2.23 or newer; it was not found"),
        ("gh version 2.22.1 (2023-01-20)", "/gh says: gh version 2.22.1"),
        ("gh version 1.14.0 (2021-08-17)", "/gh says: gh version 1.14.0"),
        ("GIMP Help Browser", "/gh says: GIMP Help Browser"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_without_the_gh_it_needs_nothing_is_begun(
    kit: Toolkit, tmp_path: Path, gh: str, words: str, more: list[str]
) -> None:
    ended = kit.run("--demo", "github", *more, **without_python(tmp_path / "bin", gh))
    assert ended.code == 1, ended.err
    assert words in ended.err and "https://cli.github.com" in ended.err
    assert len(ended.err.splitlines()) == 2 and ended.out == ""
    assert sorted(p.name for p in (kit.top / "outputs").iterdir()) == [
        "README.md",
        "TEMPLATE_report.md",
    ]


@pytest.mark.parametrize(
    "version", ["2.23.0 (2023-02-27 Debian 2.23.0+dfsg1-1)", "2.102.0 (2026-09-30)", "3.0.0"]
)
def test_a_gh_that_is_new_enough_is_not_refused(kit: Toolkit, tmp_path: Path, version: str) -> None:
    world = without_python(tmp_path / "bin", f"gh version {version}")
    assert "Python 3.10 or newer was not found" in kit.run("--demo", "github", **world).err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--demo", "--repo", "."], "--repo does not go with it"),
        (["--request", "info.json", "--demo"], "--request does not go with it"),
        (["--demo", "--resume"], "--demo begins a run"),
    ],
)
def test_what_does_not_go_with_a_demo(kit: Toolkit, options: list[str], words: str) -> None:
    ended = kit.run(*options)
    assert ended.code == 2 and words in ended.err


def test_a_dry_run_names_the_stand_in(kit: Toolkit, tmp_path: Path) -> None:
    path = f"{a_gh(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}"
    ended = kit.run("--demo", "github", "--dry-run", PATH=path).good()
    assert "Would start the stand-in of the demo github" in ended.err
    assert not (kit.top / "outputs" / "examples").exists()


def improve(kit: Toolkit, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """A verb by hand."""
    code = f"import sys; sys.path.insert(0, {str(kit.top / 'tools')!r})"
    return subprocess.run(
        [kit.top / ".venv/bin/python", "-I", "-c", f"{code}\nfrom improve.cli import main; main()", *args],
        env=kit.environ({}), cwd=kit.top.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip


def opened(kit: Toolkit) -> Path:
    """A run of the demo ``github`` that no phase has worked on."""
    done = improve(kit, "validate", "--request", kit.top / "examples" / "github" / "info.json")
    run, stand_in = done.stdout.splitlines()
    assert stand_in == "stand-in github", done
    return Path(run)


def test_a_phase_of_a_demo_does_not_go_out_without_the_stand_in(kit: Toolkit) -> None:
    """By hand, `improve publish` would take the user's own sign-in to the real GitHub."""
    run = opened(kit)
    refused = improve(kit, "fetch-logs", run)
    assert refused.returncode == 1 and f"./run.sh --resume {run.name}" in refused.stderr
    assert "only run.sh starts its stand-in" in refused.stderr
    assert improve(kit, "report", run).returncode == 0


def test_a_demo_whose_repository_is_gone_says_so(kit: Toolkit, tmp_path: Path) -> None:
    run = opened(kit)
    shutil.rmtree(kit.top / "outputs" / "examples")
    shutil.copytree(HERE / "tests" / "support", kit.top / "tests" / "support")
    path = f"{a_gh(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}"
    ended = kit.run("--resume", PATH=path)
    assert ended.code == 1 and "What this demo worked on is gone" in ended.err, ended.err
    assert "./run.sh --demo github" in ended.err and "Traceback" not in ended.err
    assert run.is_dir()
