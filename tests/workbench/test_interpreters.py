"""The Python for the target: asked for, as in the log, or the best that is allowed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.workbench.interpreters import allows, choose, own, probe

MINOR = "{}.{}".format(*sys.version_info[:2])


def test_a_shim_that_answers_nothing_is_no_interpreter(tmp_path: Path) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'python3.99: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    assert probe(shim) is None
    assert probe(Path(sys.executable)) is not None


def test_the_logs_version_is_taken_when_it_is_here() -> None:
    found, notes = choose(None, own().version, ">=3.8")
    assert (found.minor, notes) == (MINOR, ())


def test_a_version_that_is_not_here_becomes_a_note() -> None:
    found, notes = choose(None, "3.99.1", "")
    assert found.minor == MINOR
    assert notes == (
        "The log's Python is 3.99.1; it is not on this machine.",
        f"Python {found.version} is used instead.",
    )


def test_what_the_project_does_not_allow_is_refused_with_a_cure() -> None:
    with pytest.raises(ImproveError, match=r"requires-python \(>=3\.99\)") as error:
        choose(None, None, ">=3.99")
    assert "improve.yaml" in error.value.cure


def test_the_setting_may_be_a_version_a_command_or_a_path() -> None:
    assert choose(MINOR, "3.99.1", "")[0].minor == MINOR
    assert choose(sys.executable, None, "")[0].path == Path(sys.executable)
    with pytest.raises(ImproveError, match="was not found"):
        choose("/nowhere/python", None, "")


def test_an_unreadable_limit_limits_nothing() -> None:
    assert allows("nonsense", "3.11.1") and allows("", "3.11.1") and not allows("<3.11", "3.11.1")
