"""No line that the toolkit prints inside GitHub Actions is a command to the runner."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.support.step_runner import obeyed

TOP = Path(__file__).parents[2]
LINES = (
    "::error::planted", "::add-mask::secret", "  ::debug::x", "::set-output name=a::b",
    "##[error]planted", "text ##[add-mask]x", "::warning file=a.py,line=1::x", "::endgroup::",
    "::stop-commands::mine", "::mine::", "::improve-0::", "::::", "a\r::error::x",
)  # fmt: skip


def printed(lines: tuple[str, ...], end: str = "exit 3", **extra: str) -> str:
    """What a script prints that switches commands off, prints ``lines`` and ends by ``end``."""
    script = f'HERE={TOP}; . "$HERE/tools/shell/actions.sh"; stop_workflow_commands; printf "%s" "$LINES" >&2; {end}'
    environ = {k: v for k, v in os.environ.items() if k != "GITHUB_ACTIONS"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**environ, **extra, "LINES": "\n".join(lines)},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.stdout == b""
    return done.stderr.decode()


@pytest.mark.parametrize("line", LINES)
def test_a_hostile_line_is_not_obeyed(line: str) -> None:
    assert obeyed(printed((line,), GITHUB_ACTIONS="true")) == []


def test_the_same_lines_are_obeyed_without_the_defence() -> None:
    assert len(obeyed(printed(LINES[:8]))) == 8


@pytest.mark.parametrize("end", ["exit 0", "exit 3", "false", "kill -TERM $$"])
def test_commands_are_allowed_again_however_the_script_ends(end: str) -> None:
    log = printed(("::error::inside",), end, GITHUB_ACTIONS="true") + "\n::error::after"
    assert obeyed(log) == ["::error::after"]


def test_the_token_is_new_each_time_and_not_in_the_environment_of_children() -> None:
    first, second = (printed((), "env >&2; exit", GITHUB_ACTIONS="true") for _ in "ab")
    tokens = {log.split("\n")[0] for log in (first, second)}
    assert len(tokens) == 2
    token = first.split("\n")[0].removeprefix("::stop-commands::")
    assert len(token) > 30 and first.count(token) == 2
