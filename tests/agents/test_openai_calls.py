"""What a model's calls do: edits, commands, tests, and calls that cannot be done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.model_servers.script import Call, Turn
from tests.support.openai_tasks import (
    DONE,
    FIXED,
    RIGHT,
    job,
    model,
    patch,
    results,
    shell,
)

from improve.agents import openai
from improve.agents.protocol import AgentFault
from improve.records import CheckRun
from improve.workbench import sandbox

UNFIT = {
    "no such tool": Call("teleport", {}),
    "no JSON": Call("read_file", '{"path": '),
    "arguments missing": Call("read_file", {"path": "shop.py"}),
    "no such file": Call("read_file", {"path": "nowhere.py", "first": 1, "count": 1}),
    "context that is not there": patch(diff="@@\n-b = 1\n+b = 2\n"),
    "a diff that is none": patch(diff="what?"),
    "tests that are options": Call("run_tests", {"tests": ["-p", "evil"]}),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_call_that_cannot_be_done_is_told_and_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    task = job(tmp_path)
    with model(monkeypatch, [Turn(calls=(UNFIT[name],)), *FIXED[1:]]) as there:
        outcome = openai.work(task)
    assert (task.tree / "shop.py").read_text() == RIGHT and outcome.denied == ()
    told = json.dumps(there.turns()[1].body["input"][-1])
    assert "Not done" in told or "not found" in told, told


def test_a_call_that_the_sdk_cannot_read_ends_the_attempt_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK decodes arguments before we see them; an editor's edits of before are kept."""
    task = job(tmp_path)
    deep = Call("run_tests", "[" * 50_000)
    with (
        model(monkeypatch, [Turn(calls=(patch(),)), Turn(calls=(deep,))]),
        pytest.raises(AgentFault) as met,
    ):
        openai.work(task)
    assert met.value.kind == "broken" and (task.tree / "shop.py").read_text() == RIGHT


def test_files_are_made_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = job(tmp_path)
    made = patch("new/deep/file.py", "+one\n+two\n", "create_file")
    with model(
        monkeypatch,
        [Turn(calls=(made,)), Turn(calls=(patch("shop.py", kind="delete_file"),)), DONE],
    ):
        openai.work(task)
    assert (task.tree / "new/deep/file.py").read_text() == "one\ntwo\n"
    assert not (task.tree / "shop.py").exists()


def test_other_tests_are_run_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    task = job(tmp_path)

    def related(targets: Sequence[str]) -> CheckRun:
        asked.append(targets)
        return task.run_check()

    tests = Call("run_tests", {"tests": ["tests/test_shop.py::test_a", "tests"]})
    with model(monkeypatch, [Turn(calls=(tests,)), DONE]):
        openai.work(job(tmp_path, run_related=related))
    assert asked == [("tests/test_shop.py::test_a", "tests")]
    assert results(task)[0].startswith("FAILED") and "a is not 2" in results(task)[0]


@pytest.mark.skipif(sandbox.best() == "none", reason="no sandbox works on this machine: no shell")
def test_a_shell_edits_the_tree_and_tells_how_commands_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []
    task = job(tmp_path, keep=lambda: kept.append((tmp_path / "tree/shop.py").read_text()))
    both = shell("sed -i s/1/2/ shop.py; echo out; echo err >&2; exit 3", "sleep 9", timeout_ms=600)
    with model(monkeypatch, [Turn(calls=(both,)), DONE]) as there:
        openai.work(task)
    assert kept[0] == RIGHT
    first, second = there.turns()[1].body["input"][-1]["output"]
    assert first["outcome"] == {"type": "exit", "exit_code": 3}
    assert "out" in first["stdout"] and "err" in first["stdout"]
    assert second["outcome"] == {"type": "timeout"}
