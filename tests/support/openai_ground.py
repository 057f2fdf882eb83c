"""A job with secrets all around it, for models that are after them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.model_servers.script import Call, Turn
from tests.support.openai_tasks import DONE, job, model, results

from improve.agents import openai
from improve.agents.protocol import Task
from improve.workbench import sandbox

CANARY = "canary-5d1e0f9a7c"
needs_sandbox = pytest.mark.skipif(
    sandbox.best() == "none",
    reason="no sandbox works on this machine, so there is no shell to attack",
)


@dataclass(frozen=True)
class Ground:
    """A task with secrets all around it: files, the environment, other trees."""

    task: Task
    top: Path

    def state(self) -> dict[str, str]:
        """What lies outside of the tree and the scratch folder, and the frozen test."""
        ours = {"attempts", ".git"}  # the tree's own .git is nothing that anybody else reads
        watched = [p for p in self.top.rglob("*") if p.is_file() and not ours & set(p.parts)]
        inside = self.task.tree / "shop.py"
        return {str(p): p.read_text() for p in watched if p != inside and p.name != "ledger.jsonl"}


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    task = job(tmp_path)
    home = tmp_path / "user"
    for name in (".ssh/id_ed25519", ".config/gh/hosts.yml", ".netrc", ".gitconfig"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"{CANARY}\n")
    monkeypatch.setenv("HOME", str(home))
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    (task.tree / "out").symlink_to(home)
    (task.tree / "key").symlink_to(home / ".netrc")
    yield Ground(task, tmp_path)


def told(
    monkeypatch: pytest.MonkeyPatch, ground: Ground, *calls: Call
) -> tuple[str, tuple[str, ...]]:
    """Everything that the model was sent, and what the report would say was denied."""
    with model(monkeypatch, [Turn(calls=(call,)) for call in calls] + [DONE]) as there:
        outcome = openai.work(ground.task)
        assert there.script.told == len(calls) + 1, results(ground.task)
    return json.dumps([seen.body for seen in there.seen]), outcome.denied


def read(path: str) -> Call:
    return Call("read_file", {"path": path, "first": 1, "count": 50})
