"""Runs the ``run:`` steps of a workflow's job as they are written, in order, on this machine.

It knows what this project's workflows use and refuses the rest: ``${{ }}`` with contexts, texts,
==, !=, &&, ||, !, always(), cancelled() and startsWith(); env of a step; GITHUB_OUTPUT, GITHUB_ENV,
GITHUB_STEP_SUMMARY;
``if``; ``working-directory``; the two ways in which the runner starts bash. A ``uses:`` step is
stood in by a plain function, chosen by the action's name without its commit.

``obeyed`` says which lines of a log the runner would take for commands.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Stand = Callable[[Mapping[str, str], "Machine"], None]
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.S)
_PATIENCE = 300
_PLAIN_BASH = ["bash", "-e"]  # without `shell:`; with `shell: bash`: stricter
_NAMED_BASH = ["bash", "--noprofile", "--norc", "-eo", "pipefail"]


@dataclass
class Machine:
    """A fresh runner: its folders, and the world that a step is given beside its own env."""

    top: Path
    environ: Mapping[str, str]
    contexts: dict[str, Any] = field(default_factory=dict)
    steps: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    log: str = ""
    logs: dict[str, str] = field(default_factory=dict)  # by name of the step
    exported: dict[str, str] = field(default_factory=dict)  # what steps wrote to GITHUB_ENV
    ended: str = "success"

    def __post_init__(self) -> None:
        for folder in (self.workspace, self.temp):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def workspace(self) -> Path:
        return self.top / "workspace"

    @property
    def temp(self) -> Path:
        return self.top / "temp"

    @property
    def summary(self) -> str:
        place = self.top / "summary"
        return place.read_text() if place.is_file() else ""

    def fill(self, text: object) -> str:
        """The text with every ``${{ }}`` replaced, once: what comes in is not looked at again."""
        return _EXPRESSION.sub(lambda found: shown(self.value(found[1])), shown(text))

    def value(self, expression: str) -> object:
        """The value of an expression."""
        for sign, either in (("||", True), ("&&", False)):
            parts = expression.split(sign)
            if len(parts) > 1:
                result: object = ""
                for part in parts:
                    result = self.value(part)
                    if truth(result) is either:
                        break
                return result
        for sign in ("==", "!="):
            left, found, right = expression.partition(sign)
            if found:
                same = shown(self.value(left)) == shown(self.value(right))
                return same is (sign == "==")
        return self._single(expression.strip())

    def _single(self, word: str) -> object:
        if word.startswith("!"):
            return not truth(self.value(word[1:]))
        if word == "cancelled()":
            return False
        begins = re.fullmatch(r"startsWith\(([^,()]+),([^,()]+)\)", word)
        if begins:
            return shown(self.value(begins[1])).startswith(shown(self.value(begins[2])))
        if word in ("always()", "success()"):
            return word == "always()" or self.ended == "success"
        if len(word) >= 2 and word[0] == word[-1] == "'":
            return word[1:-1]
        value: Any = {**self.contexts, "steps": self.steps, "runner": {"temp": str(self.temp)}}
        assert re.fullmatch(r"[a-z_]+(\.[A-Za-z_-]+)+", word), f"not known here: {word!r}"
        for part in word.split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        return value


def shown(value: object) -> str:
    """A value as an expression prints it."""
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def truth(value: object) -> bool:
    return value not in (False, "", 0, None)


def run_job(job: Mapping[str, Any], machine: Machine, uses: Mapping[str, Stand]) -> dict[str, str]:
    """Every step of a job; the job's outputs. ``machine.ended`` is 'success' or 'failure'."""
    for number, step in enumerate(job["steps"]):
        known = {"name", "id", "if", "env", "run", "uses", "with", "shell", "working-directory"}
        assert set(step) <= known, f"not known here: {set(step) - known}"
        condition = _EXPRESSION.sub(r"\1", str(step.get("if", "success()")))
        if "always()" not in condition:
            condition = f"success() && {condition}"
        if not truth(machine.value(condition)):
            continue
        if "uses" in step:
            given = {key: machine.fill(value) for key, value in step.get("with", {}).items()}
            uses[step["uses"].split("@")[0]](given, machine)
        elif not _run(step, machine, number):
            machine.ended = "failure"
    return {name: machine.fill(text) for name, text in job.get("outputs", {}).items()}


def _run(step: Mapping[str, Any], machine: Machine, number: int) -> bool:
    script = machine.top / f"step-{number}.sh"
    script.write_text(machine.fill(step["run"]))
    files = {
        name: machine.top / f"{name.lower()}-{number}" for name in ("GITHUB_OUTPUT", "GITHUB_ENV")
    }
    for place in files.values():
        place.touch()
    shell = step.get("shell")
    assert shell in (None, "bash"), f"not known here: shell {shell}"
    done = subprocess.run(
        [*(_NAMED_BASH if shell else _PLAIN_BASH), str(script)],
        cwd=machine.workspace / machine.fill(step.get("working-directory", ".")),
        env={
            **machine.environ, **machine.exported, "GITHUB_ACTIONS": "true", "CI": "true",
            "GITHUB_WORKSPACE": str(machine.workspace), "RUNNER_TEMP": str(machine.temp),
            "GITHUB_STEP_SUMMARY": str(machine.top / "summary"),
            **{name: str(place) for name, place in files.items()},
            **{name: machine.fill(value) for name, value in step.get("env", {}).items()},
        },
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=_PATIENCE, check=False,
    )  # fmt: skip
    said = done.stdout.decode("utf-8", "replace")
    machine.log += said
    machine.logs[step.get("name", str(number))] = said
    machine.exported.update(_pairs(files["GITHUB_ENV"]))
    if "id" in step:
        machine.steps[step["id"]] = {"outputs": _pairs(files["GITHUB_OUTPUT"])}
    return done.returncode == 0


def _pairs(place: Path) -> dict[str, str]:
    """name=value lines and name<<END blocks of an environment file."""
    found: dict[str, str] = {}
    lines = iter(place.read_text().split("\n"))
    for line in lines:
        name, sign, end = line.partition("<<")
        if sign and "=" not in name:
            block: list[str] = []
            for inner in lines:
                if inner == end:
                    break
                block.append(inner)
            found[name] = "\n".join(block)
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = value
    return found


def load(place: Path) -> dict[str, Any]:
    """A workflow or an action. YAML 1.1 reads the key ``on`` as true; here it is 'on' again."""
    text = yaml.safe_load(place.read_text())
    return {("on" if key is True else key): value for key, value in text.items()}


def plain_environ() -> dict[str, str]:
    """What of this process's environment a runner would have too."""
    kept = ("PATH", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LANG", "TMPDIR")
    passed = {name: os.environ[name] for name in kept if name in os.environ}
    return {**passed, **{k: v for k, v in os.environ.items() if k.startswith("PIP_")}}


def obeyed(log: str) -> list[str]:
    """The workflow commands in a log that a runner obeys.

    A command is a line that, white space aside, begins with '::' or, in the older form, holds
    '##['. After '::stop-commands::<token>' nothing is obeyed until '::<token>::'.
    """
    found: list[str] = []
    token = None
    for line in re.split(r"\r\n|\r|\n", log):
        bare = line.strip()
        if token is not None:
            token = None if bare == f"::{token}::" else token
        elif bare.startswith("::stop-commands::"):
            token = bare.removeprefix("::stop-commands::")
        elif re.match(r"::[A-Za-z-]+(\s[^:]*)?::", bare) or "##[" in bare:
            found.append(bare)
    return found
