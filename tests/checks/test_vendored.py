"""Which settings pytest gets when the toolkit is a folder of the target."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.repositories import write

from improve.checks.vendored import environ, options

TOOLKIT = {"tools/ci/pyproject.toml": "[tool.pytest.ini_options]\ntimeout = 600\n"}


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ({"pytest.ini": ""}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "pytest.ini": ""}, "pytest.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "tox.ini": "[pytest]\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[project]\n", "setup.cfg": "[tool:pytest]\n"}, "setup.cfg"),
        ({"pytest.ini": "", "tools/tox.ini": "[pytest]\n"}, "tools/tox.ini"),
        ({"pyproject.toml": "[project]\n"}, None),
    ],
)  # fmt: skip
def test_the_settings_are_the_nearest_outside_the_toolkit(
    tmp_path: Path, files: dict[str, str], chosen: str | None
) -> None:
    write(tmp_path, {**TOOLKIT, **files})
    expected = str(tmp_path / chosen) if chosen else os.devnull
    assert options(tmp_path, "tools/ci/") == ("-c", expected, f"--rootdir={tmp_path}")


def test_a_toolkit_elsewhere_changes_nothing(tmp_path: Path) -> None:
    assert options(tmp_path, "") == () and options(tmp_path, "", suite=True) == ()
    assert environ(tmp_path, "") == {}


def test_a_suite_leaves_the_toolkit_out(tmp_path: Path) -> None:
    assert options(tmp_path, "tools/ci/", suite=True) == ("--ignore=tools/ci",)


def test_a_warm_runner_gets_the_options_quoted(tmp_path: Path) -> None:
    place = tmp_path / "my project"
    write(place, {**TOOLKIT, "pytest.ini": ""})
    told = environ(place, "tools/ci/")["PYTEST_ADDOPTS"]
    assert told == f"-c '{place}/pytest.ini' '--rootdir={place}'"
