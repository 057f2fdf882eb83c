"""Hostile text x every door into a run: inert in everything that the run writes or prints."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.hostile.conftest import Judging, Open
from tests.support.github_reader import hidden
from tests.support.hostile_doors import Refused, logged, told_by_github
from tests.support.hostile_inputs import CANARY, HOSTILE
from tests.support.hostile_sinks import every_field_of

from improve.prompts import test_command as pytest_command

DOORS = ("prompt", "branch", "title", "author", "test_id", "names", "log", "path")
NO_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]+|\.\.|@\{|^[-/]|[/.]$|[\ud800-\udfff]")


def legal(name: str, text: str) -> tuple[str, ...]:
    """The text; and where git takes only other names, the most hostile one that is left of it."""
    packed = NO_BRANCH.sub("+", text)[:200].strip("/.")
    return (text, packed) if name == "branch" and packed != text else (text,)


@pytest.mark.parametrize("name", DOORS)
def test_no_text_has_an_effect(
    name: str,
    door: Open,
    judging: Judging,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # where a canary would be made
    opened = door(name)
    judge, told, came = judging(opened("honest")), [], 0
    for kind, text in HOSTILE.items():
        for tried in legal(name, text):
            try:
                wrong = judge.wrong(opened(tried))
                came += 1
            except Refused as refusal:
                wrong = [f"refusal: hidden {number}" for number in hidden(str(refusal))]
            told += [f"{name}: {kind}: {one}" for one in wrong]
    assert not told, f"{len(told)} effects:\n" + "\n".join(told[:40])
    assert came > 60, f"only {came} texts came through this door"
    assert not [*tmp_path.rglob(CANARY), *place.rglob(CANARY)]


def test_no_text_in_any_field_of_any_artifact_has_an_effect(judging: Judging) -> None:
    """What stands in a run folder may have been written by code of the target (phases/adopt.py)."""
    honest = every_field_of("honest")
    judge = judging(honest)
    told = [
        f"{kind}: {one}"
        for kind, text in HOSTILE.items()
        for one in judge.wrong_in(every_field_of(text))
    ]
    assert not told, f"{len(told)} effects:\n" + "\n".join(told[:40])


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_comes_in_is_clean_from_then_on(text: str) -> None:
    failure, run = logged(text), told_by_github(text)
    kept = [
        failure.message,
        failure.excerpt,
        run.workflow,
        run.branch or "",
        *run.jobs[0].failed_steps,
    ]
    assert not [number for one in kept for number in hidden(one)]
    assert all(len(one) <= 4096 for one in kept)


def test_a_shown_command_runs_nothing_but_pytest(tmp_path: Path) -> None:
    """People paste it into a shell."""
    nodes = [f"tests/t.py::test_a[{text}]" for text in HOSTILE.values()] + list(HOSTILE.values())
    shown = [
        pytest_command([node.replace("\0", "").encode("utf-8", "replace").decode()])
        for node in nodes
    ]
    said = "python() { printf '%s\\n' \"$#\"; }\n" + "\n".join(shown)
    done = subprocess.run(
        ["bash"], input=said.encode(), cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["3"] * len(nodes)
    assert not list(tmp_path.iterdir())
    words = [line.split("pytest ", 1)[1] for line in shown]
    assert not [word for word in words if word.lstrip("'").startswith(("-", "@"))]
