"""``command`` with an argument list: what such a program sees, and how its end is told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.openai_tasks import job
from tests.support.repositories import write

from improve.agents import command
from improve.agents.protocol import AgentFault
from improve.records import TargetEnvironment
from improve.workbench import environ, sandbox


def given(command_agent: object, **more: object) -> dict[str, object]:
    return {"command-agent": command_agent, **more}


def test_an_argument_list_sees_the_variables_that_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "value-of-mine")
    monkeypatch.setenv("OTHER_KEY", "value-of-others")
    program = [sys.executable, "-c", "import os; print(sorted(os.environ.values()))"]
    task = job(tmp_path, options=given(program, **{"command-keys": ["MY_KEY", "NOT_SET"]}))
    said = command.work(task).explanation
    assert "value-of-mine" in said and "value-of-others" not in said


def test_what_lies_beside_a_program_in_the_home_folder_stays_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sandbox.best() == "none":
        pytest.skip("no sandbox works on this machine")
    ring = Path.home() / ".local/share/keyrings/login"
    program = Path.home() / ".local/bin/my-agent"
    for place, text in (
        (ring, "canary"),
        (program, "#!/bin/sh\ncat " + str(ring) + "; echo ended\n"),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    said = command.work(job(tmp_path, options=given("my-agent"))).explanation
    assert "ended" in said and "canary" not in said


def test_a_program_finds_a_repository_with_one_clean_commit(tmp_path: Path) -> None:
    looks = "git status --porcelain && git log --format=%s && git ls-files"
    said = command.work(job(tmp_path, options=given(["bash", "-c", looks]))).explanation
    assert said.splitlines() == ["base", "shop.py", "tests/test_shop.py"]


def test_what_an_earlier_try_left_in_its_home_is_not_written_through(tmp_path: Path) -> None:
    users = tmp_path / "bashrc"
    users.write_text("mine\n")
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="found", import_roots=(".",)
    )
    leaves = (
        f"rm -rf $HOME/bin && mkdir $HOME/bin && ln -s {users} $HOME/bin/python; ls -l $HOME/bin"
    )
    task = job(tmp_path, options=given(["bash", "-c", leaves]), environment=environment)
    assert "python -> " in command.work(task).explanation, "the control: it left the link"
    command.work(task)
    assert users.read_text() == "mine\n"


def test_late_and_broken_programs_are_told_apart(tmp_path: Path) -> None:
    late = [sys.executable, "-c", "import time; time.sleep(30)"]
    with pytest.raises(AgentFault) as met:
        command.work(job(tmp_path, options=given(late), seconds_left=lambda: 1.0))
    assert met.value.kind == "deadline"
    with pytest.raises(AgentFault) as met:
        command.work(
            job(tmp_path / "b", options=given([sys.executable, "-c", "raise SystemExit(3)"]))
        )
    assert met.value.kind == "broken"


def test_it_can_run_the_targets_tests_without_living_in_their_world(tmp_path: Path) -> None:
    place = tmp_path / "attempts/1"
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="found", import_roots=("src",)
    )
    looks = "cd /; python -c 'import goods; print(goods.__file__)'; pytest --version; echo [$PYTHONPATH]"
    task = job(
        tmp_path, options=given(["bash", "-c", looks]), environment=environment,
        test_environ=lambda: environ.test_environ(tmp_path / "tree", environment, place),
    )  # fmt: skip
    write(task.tree, {"src/goods.py": ""})
    said = command.work(task).explanation.splitlines()
    assert said[0] == str(task.tree / "src/goods.py") and said[1].startswith("pytest ")
    assert said[2] == "[]"
