"""The agents without an engine of their own: recorded edits, any command, a person."""

from __future__ import annotations

import dataclasses
import os
import pty
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support import tasks
from tests.support.repositories import write

from improve.agents import command, manual, registry, scripted
from improve.agents.protocol import Outcome, Task
from improve.errors import ImproveError

PATCH = "--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """A tree with one file; the check passes when ``a`` is 2."""
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    write(tree, {"shop.py": "a = 1\n"})
    write(scratch, {"prompt.md": "Make a equal 2.\n"})

    check = tasks.check_of(tree, lambda t: (t / "shop.py").read_text() == "a = 2\n", "a is not 2")
    return tasks.make(tree, scratch, check)


def text(task: Task) -> str:
    return (task.tree / "shop.py").read_text()


def with_options(task: Task, **options: object) -> Task:
    return dataclasses.replace(task, options={k.replace("_", "-"): v for k, v in options.items()})


def test_every_agent_of_the_registry_has_the_agents_shape() -> None:
    for name in registry.MODULES:
        agent = registry.agent(name)
        assert name == agent.NAME and callable(agent.work) and callable(agent.unavailable)


def edits(folder: Path, **files: str) -> Path:
    write(folder / "edits", {name.replace("_", "."): body for name, body in files.items()})
    return folder


def test_recorded_edits_are_applied_by_number_and_then_by_default(
    task: Task, tmp_path: Path
) -> None:
    given = with_options(task, request_folder=str(edits(tmp_path, edit_patch=PATCH, edit_txt="why")),
                         scripted_edits="edits")  # fmt: skip
    assert scripted.unavailable(given.options) is None
    assert (
        scripted.work(given) == Outcome(changed=True, explanation="why") and text(task) == "a = 2\n"
    )
    edits(tmp_path, **{"2_patch": PATCH.replace("-a = 1", "-a = 2").replace("+a = 2", "+a = 3")})
    scripted.work(dataclasses.replace(given, number=2))
    assert text(task) == "a = 3\n"


def test_a_recorded_edit_that_does_not_apply_is_an_error(task: Task, tmp_path: Path) -> None:
    wrong = PATCH.replace("a = 1", "z = 1")
    given = with_options(
        task, request_folder=str(edits(tmp_path, edit_patch=wrong)), scripted_edits="edits"
    )
    with pytest.raises(ImproveError, match="does not apply"):
        scripted.work(given)


def test_without_recorded_edits_it_says_what_to_set(tmp_path: Path) -> None:
    assert "scripted-edits" in (scripted.unavailable({}) or "")
    options: dict[str, object] = {"scripted-edits": "none", "request-folder": str(tmp_path)}
    assert "there is no folder" in (scripted.unavailable(options) or "")


def agent_command(task: Task, program: str) -> Task:
    argv = [sys.executable, "-c", program, "{prompt_file}", "{tree}", '{"a": 1}']
    return with_options(task, command_agent=argv)


def test_a_command_gets_the_prompt_and_edits_the_tree(task: Task) -> None:
    program = (
        "import sys, pathlib; assert sys.stdin.read() == pathlib.Path(sys.argv[1]).read_text();"
        "pathlib.Path('shop.py').write_text('a = 2\\n'); print('a was wrong')"
    )
    outcome = command.work(agent_command(task, program))
    assert outcome.changed and outcome.explanation == "a was wrong" and text(task) == "a = 2\n"
    assert (task.scratch / "transcript.txt").read_text() == "a was wrong\n"


def test_a_command_sees_no_tokens(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "secret")
    said = command.work(agent_command(task, "import os; print(dict(os.environ))")).explanation
    assert "secret" not in said


def test_a_command_that_fails_or_hangs_or_is_missing_is_an_error(task: Task) -> None:
    with pytest.raises(ImproveError, match="status 3: no key"):
        command.work(agent_command(task, "import sys; print('no key'); sys.exit(3)"))
    late = dataclasses.replace(
        agent_command(task, "import time; time.sleep(60)"), seconds_left=lambda: 1
    )
    began = time.monotonic()
    with pytest.raises(ImproveError, match="still running"):
        command.work(late)
    assert time.monotonic() - began < 40
    with pytest.raises(ImproveError, match="was not found"):
        command.work(with_options(task, command_agent=["/nonexistent/agent"]))
    assert "command-agent" in (command.unavailable({}) or "")


def test_what_a_command_does_to_its_repository_does_not_matter(task: Task) -> None:
    program = "import shutil; shutil.rmtree('.git')"
    assert command.work(agent_command(task, program)).changed


@contextmanager
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A terminal as standard input and error; yields what types a line on it."""
    leader, follower = pty.openpty()
    with os.fdopen(follower, "r") as stdin, os.fdopen(os.dup(follower), "w") as stderr:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", stderr)
        yield lambda line: os.write(leader, f"{line}\n".encode()) and None
    os.close(leader)


def test_a_person_edits_and_presses_enter(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    with person(monkeypatch) as types:
        assert manual.unavailable({}) is None
        (task.tree / "shop.py").write_text("a = 2\n")
        types("")
        assert manual.work(task).explanation == "Edited by hand."


def test_a_person_may_give_up(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    with person(monkeypatch) as types:
        types("")  # not yet: the check fails, and is asked again
        types("s")
        assert manual.work(task).gave_up


def test_nobody_is_waited_for_longer_than_the_rung_may_take(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    with person(monkeypatch):
        began = time.monotonic()
        outcome = manual.work(dataclasses.replace(task, seconds_left=lambda: 0.3))
        assert outcome.changed and time.monotonic() - began < 30


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        assert "terminal" in (manual.unavailable({}) or "")
