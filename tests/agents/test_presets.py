"""The ready-made settings of ``command``: a small program stands in for each vendor's, and asks a model.

The stand-in shows what the real one would be given: its arguments, its environment, its prompt, and
whether it reaches its model. What the real programs make of these flags is their vendors' word,
cited in ``presets.py``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.support import tasks
from tests.support.model_servers import anthropic, openai
from tests.support.model_servers.http import ModelServer
from tests.support.model_servers.script import Call, Turn
from tests.support.openai_tasks import RIGHT, job

from improve.agents import command
from improve.agents.presets import PRESETS
from improve.agents.protocol import AgentFault, Task
from improve.errors import RequestError
from improve.ledger import spendings
from improve.settings.resolve import resolve_settings
from improve.workbench import sandbox
from improve.workbench.services import ANTHROPIC

KEY = "sk-" + "real0" * 9
STAND_IN = """#!{python}
import json, os, pathlib, sys, urllib.request
argv, env = sys.argv[1:], dict(os.environ)
file = argv[argv.index("--message-file") + 1] if "--message-file" in argv else ""
given = pathlib.Path(file).read_text() if file else sys.stdin.read()
address = env.get("OPENAI_API_BASE") or env.get("OPENAI_BASE_URL") or env.get("ANTHROPIC_BASE_URL")
for word in argv:
    if word.startswith("model_providers.gate.base_url="):
        address = json.loads(word.partition("=")[2])
said = ""
if address:
    claude = "ANTHROPIC_BASE_URL" in env
    body = {{"model": "claude-sonnet-5-5" if claude else "gpt-6.1-sol", "max_tokens": 9,
             "messages": [{{"role": "user", "content": given}}]}}
    headers = {{"x-api-key": env["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"}} if claude else {{
        "authorization": "Bearer " + env["OPENAI_API_KEY"]}}
    path = "/v1/messages" if claude else "/chat/completions"
    request = urllib.request.Request(address + path, json.dumps(body).encode(),
                                     {{**headers, "content-type": "application/json"}})
    said = urllib.request.urlopen(request, timeout=10).read().decode()
pathlib.Path("shop.py").write_text("a = 2\\n")
pathlib.Path(".aider.tags").write_text("x")
print(json.dumps({{"argv": argv, "env": env, "given": given, "said": said}}))
"""


@contextmanager
def stand_in(place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program of this name on PATH, and the keys of all services in our environment."""
    folder = place / "programs" / "bin"
    folder.mkdir(parents=True)
    program = folder / name
    program.write_text(STAND_IN.format(python=os.path.realpath(sys.executable)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    for key in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GH_TOKEN"):
        monkeypatch.setenv(key, KEY)
    yield


def service(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> AbstractContextManager[ModelServer | None]:
    """The scripted model of a preset's service, at the address that the user's settings name."""
    vendor = PRESETS[name].service
    if vendor is None:
        return nullcontext()

    @contextmanager
    def serving() -> Iterator[ModelServer]:
        with (anthropic if vendor is ANTHROPIC else openai).serve([Turn("Hello.")]) as there:
            monkeypatch.setenv(vendor.address, there.url + vendor.folder)
            yield there

    return serving()


def options(name: object, **more: object) -> dict[str, object]:
    models = {"openai-model": "gpt-6.1-sol", "claude-model": "claude-sonnet-5-5"}
    return {**models, "command-agent": name, **more}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gets_its_prompt_and_reaches_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    task = job(tmp_path, options=options((name,)))
    preset = PRESETS[name]
    with stand_in(tmp_path, name, monkeypatch), service(name, monkeypatch) as there:
        assert command.unavailable(task.options) is None
        command.work(task)
    assert (task.tree / "shop.py").read_text() == RIGHT
    told = heard(task)
    assert told["given"] == "Make a equal 2.\n" and "Make a" not in " ".join(told["argv"])
    assert "{" not in " ".join(told["argv"]), f"not filled in: {told['argv']}"
    assert told["env"]["HOME"] == str(task.scratch / "home") and "GH_TOKEN" not in told["env"]
    assert (task.tree / ".aider.tags").exists() == (not preset.leaves)
    if there is None:
        assert told["env"]["GEMINI_API_KEY"] and "OPENAI_API_KEY" not in told["env"]
        return
    assert spendings(tmp_path), "what it cost is written down"
    assert '"id"' in told["said"] and there.seen[-1].key == KEY
    assert preset.service is ANTHROPIC or "gpt-6.1-sol" in " ".join(told["argv"])


def test_a_preset_ends_at_the_runs_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = job(tmp_path, options=options(("codex",)), meter=tasks.meter(tmp_path, tokens=1))
    with stand_in(tmp_path, "codex", monkeypatch), service("codex", monkeypatch) as there:
        command.work(task)  # the control: the limit was not reached yet
        with pytest.raises(AgentFault) as caught:
            command.work(task)
    assert caught.value.kind == "limit" and there and len(there.seen) == 1


def heard(task: Task) -> dict[str, Any]:
    """What the stand-in printed of its world."""
    found: dict[str, Any] = json.loads((task.scratch / "transcript.txt").read_text())
    return found


@pytest.mark.parametrize("name", [name for name in PRESETS if PRESETS[name].service])
def test_a_preset_with_a_service_holds_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(command, "redact", str)  # to see the world as the program saw it
    task = job(tmp_path, options=options((name,)))
    with stand_in(tmp_path, name, monkeypatch), service(name, monkeypatch):
        command.work(task)
    assert KEY not in (task.scratch / "transcript.txt").read_text()


def test_the_control_a_preset_without_a_service_holds_its_key_and_it_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = job(tmp_path, options=options(("gemini",)))
    with stand_in(tmp_path, "gemini", monkeypatch):
        said = command.work(task).explanation
        assert KEY not in (task.scratch / "transcript.txt").read_text() + said
        monkeypatch.setattr(command, "redact", str)
        command.work(job(tmp_path / "again", options=task.options))
    assert KEY in (tmp_path / "again/attempts/1/transcript.txt").read_text()


def test_the_real_claude_program_takes_the_presets_flags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = pytest.importorskip("claude_agent_sdk")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/claude").symlink_to(Path(sdk.__file__).parent / "_bundled/claude")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-" + "a" * 40)
    task = job(tmp_path, options=options("claude"))
    (task.tree / "CLAUDE.md").write_text("canary: instructions of the repository")
    file = str(task.tree / "shop.py")
    edit = {"file_path": file, "old_string": "a = 1", "new_string": "a = 2"}
    turns = [
        Turn(calls=(Call("Read", {"file_path": file}),)),
        Turn(calls=(Call("Edit", edit),)),
        Turn("Done."),
    ]
    with anthropic.serve(turns) as there:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", there.url)
        assert command.work(task).explanation == "Done."
    assert (task.tree / "shop.py").read_text() == RIGHT
    assert "canary" not in str([seen.body for seen in there.seen])


@pytest.mark.parametrize("held", [True, False])
def test_codex_uses_its_own_sandbox_only_where_ours_does_not_hold_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool
) -> None:
    before = sandbox.decided()
    if held and sandbox.best() == "none":
        pytest.skip("no sandbox works on this machine")
    sandbox.decide(before if held else sandbox.Policy(wish="off"))
    task = job(tmp_path, options=options(("codex",)))
    try:
        with stand_in(tmp_path, "codex", monkeypatch), service("codex", monkeypatch):
            command.work(task)
    finally:
        sandbox.decide(before)
    argv = heard(task)["argv"]
    assert argv[0] == "exec" and argv[-1] == "-"
    wanted = "danger-full-access" if held else "workspace-write"
    assert argv[argv.index("--sandbox") + 1] == wanted


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "codex" in (command.unavailable({}) or "")
    assert "not on PATH" in (command.unavailable(options(("aider",))) or "")
    with stand_in(tmp_path, "codex", monkeypatch):
        monkeypatch.delenv("OPENAI_API_KEY")
        assert "OPENAI_API_KEY" in (command.unavailable(options("codex")) or "")


def test_a_preset_is_named_in_the_settings() -> None:
    for text in ("command-agent: codex", "command-agent: [codex]"):
        assert resolve_settings(text, {}).command_agent.value == ("codex",)
    assert resolve_settings("", {"IMPROVE_COMMAND_AGENT": "codex"}).command_agent.value == (
        "codex",
    )
    for wrong in ("command-agent: codex exec", "command-keys: [GH_TOKEN]", "command-keys: ['A B']"):
        with pytest.raises(RequestError):
            resolve_settings(wrong, {})
