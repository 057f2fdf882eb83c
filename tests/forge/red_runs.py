"""Red runs for the tests of this folder."""

from __future__ import annotations

from tests.support.github_server import GitHub, Job, Run

RED = b"2026-01-02T03:04:05.0000000Z FAILED tests/test_a.py::test_b - ValueError: no\n"


def red(number: int = 31, **more: object) -> Job:
    return Job(number, conclusion="failure", **{"log": RED, **more})  # type: ignore[arg-type]


def one_red(github: GitHub, **more: object) -> str:
    return github.add(Run(7, [[Job(30), red(**more)]]))
