"""Fifteen secrets, where secrets really lie: neither a check nor an agent sees one of them."""

from __future__ import annotations

import dataclasses
import secrets
import sys
from pathlib import Path

import pytest
from tests.support import tasks

from improve.agents import command
from improve.checks.command_check import run_command
from improve.records import TargetEnvironment
from improve.workbench import sandbox

FILES = (
    ".config/gh/hosts.yml", ".gitconfig", ".git-credentials", ".netrc", ".ssh/id_ed25519",
    ".aws/credentials", ".cargo/credentials.toml", ".pypirc", ".docker/config.json", ".npmrc",
)  # fmt: skip
VARIABLES = ("GH_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY")
# Everything that a program can look at: its environment, all processes', all files it can see.
SEARCH = r"""
import os, re, sys
pattern = re.compile(rb"canary-[0-9a-z]+-[0-9a-f]{16}")
found = set()
def look(path):
    try:
        with open(path, "rb") as stream:
            found.update(pattern.findall(stream.read(1 << 20)))
    except OSError:
        pass
for entry in os.listdir("/proc"):
    if entry.isdigit():
        for name in ("environ", "cmdline"):
            look(f"/proc/{entry}/{name}")
for top in sys.argv[1:]:
    look(top)
    for folder, _, files in os.walk(top):
        for name in files:
            look(os.path.join(folder, name))
print("found", len(found), sorted(one.decode() for one in found))
"""


class World:
    """A user's home, checkout and environment, all with a canary of its own in them."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planted = 0
        self.home, self.checkout = place / "home", place / "checkout"
        for name in FILES:
            self._file(self.home / name)
        self._file(self.checkout / ".git" / "config")
        self._file(self.checkout / ".env")
        for name in VARIABLES:
            monkeypatch.setenv(name, self._canary())
        monkeypatch.setenv("HOME", str(self.home))

    def _canary(self) -> str:
        self.planted += 1
        return f"canary-{self.planted}-{secrets.token_hex(8)}"

    def _file(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"token = {self._canary()}\n")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path / "world", monkeypatch)
    assert made.planted == 15
    return made


@pytest.fixture
def search(tree: Path, world: World) -> str:
    """A command line that searches and prints how many it found."""
    (tree / "search.py").write_text(SEARCH)
    places = f"{world.home} {world.checkout} /etc /run"
    return f"{sys.executable} -I search.py {places}"


def found_by_a_check(tree: Path, search: str) -> str:
    environment = TargetEnvironment(
        python=sys.executable, python_version="3", key="", source="found"
    )
    run = run_command(tree, environment, search, 60)
    assert "found" in run.log, run.log
    return run.log


def found_by_an_agent(tree: Path, scratch: Path, search: str) -> str:
    (scratch).mkdir()
    (scratch / "prompt.md").write_text("Fix it.")
    task = tasks.make(tree, scratch, lambda: None)  # type: ignore[arg-type,return-value]
    task = dataclasses.replace(task, options={"command-agent": search.split()})
    return command.work(task).explanation


def test_a_check_sees_none_of_fifteen(level: sandbox.Level, tree: Path, search: str) -> None:
    assert "found 0 []" in found_by_a_check(tree, search)


def test_an_agent_sees_none_of_fifteen(
    level: sandbox.Level, tree: Path, tmp_path: Path, search: str
) -> None:
    assert "found 0 []" in found_by_an_agent(tree, tmp_path / "scratch", search)


@pytest.mark.usefixtures("unfenced")
def test_without_a_sandbox_the_search_finds_what_lies_in_files(
    tree: Path, tmp_path: Path, search: str
) -> None:
    said = found_by_a_check(tree, search)
    assert int(said.split("found ")[1].split()[0]) >= 12, said
