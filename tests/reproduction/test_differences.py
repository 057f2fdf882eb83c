"""How CI's machine was another one than this."""

from __future__ import annotations

import pytest

from improve.records import LoggedEnvironment, TargetEnvironment
from improve.reproduction.work import environments_differ

HERE = TargetEnvironment(
    python="p", python_version="3.11.7", key="", source="s", packages={"attrs": "1"}
)


@pytest.mark.parametrize(
    ("system", "told"),
    [
        ("Windows", "CI ran on Windows, this machine runs Linux"),
        ("win32", "CI ran on win32, this machine runs Linux"),
        ("macOS", "CI ran on macOS, this machine runs Linux"),
        ("darwin", "CI ran on darwin, this machine runs Linux"),
        ("Ubuntu 24.04.1 LTS", None),
        ("linux", None),
        ("plan9", None),
        (None, None),
    ],
)
def test_another_system_is_told(system: str | None, told: str | None) -> None:
    found = environments_differ(LoggedEnvironment(os=system), HERE, "Linux")
    assert found == ((told,) if told else ())


def test_darwin_is_not_a_windows() -> None:
    assert environments_differ(LoggedEnvironment(os="darwin"), HERE, "Darwin") == ()


@pytest.mark.parametrize(
    ("python", "differs"),
    [
        ("3.11.7", False),
        ("3.11", False),
        ("3", False),
        ("3.1", True),
        ("3.12", True),
        (None, False),
    ],
)
def test_a_version_out_of_a_jobs_name_is_compared_as_far_as_it_goes(
    python: str | None, differs: bool
) -> None:
    assert bool(environments_differ(LoggedEnvironment(python=python), HERE, "Linux")) == differs


def test_other_versions_of_packages_are_told() -> None:
    logged = LoggedEnvironment(packages={"attrs": "2", "idna": "3"})
    assert environments_differ(logged, HERE, "Linux") == ("attrs 2 in the log, 1 here",)
