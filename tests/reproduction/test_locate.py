"""Node ids of a log found again in a tree."""

from __future__ import annotations

import pytest

from improve.records import Failure, Frame
from improve.reproduction.locate import locate

FILES = {
    "tests/test_a.py",
    "pkg/tests/test_b.py",
    "service/tests/unit/test_c.py",
    "src/app/core.py",
}


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ("tests/test_a.py::test_x[a::b c]", "tests/test_a.py::test_x[a::b c]"),
        ("./tests/test_a.py::test_x", "tests/test_a.py::test_x"),
        ("work/app/tests/test_a.py::T::test_x", "tests/test_a.py::T::test_x"),
        ("tests/unit/test_c.py::test_x", "service/tests/unit/test_c.py::test_x"),
        ("tests\\test_a.py::test_x", "tests/test_a.py::test_x"),
        ("tests/test_a.py", "tests/test_a.py"),
    ],
)
def test_paths_are_found_by_their_end(given: str, there: str) -> None:
    assert [one.node_id for one in locate([Failure(node_id=given)], FILES)] == [there]


def test_what_is_not_there_is_not_guessed() -> None:
    assert locate([Failure(node_id="tests/test_z.py::test_x")], FILES) == []


def test_a_plain_traceback_names_its_test() -> None:
    frames = (
        Frame(file="/x/tests/test_a.py", line=3, function="test_x"),
        Frame(file="/x/src/app/core.py", line=1),
    )
    assert locate([Failure(frames=frames)], FILES)[0].node_id == "tests/test_a.py::test_x"


def test_each_test_once_and_broken_teardowns_last() -> None:
    one = Failure(node_id="tests/test_a.py::test_x", kind="teardown", error_type="E", message="m")
    two = Failure(node_id="pkg/tests/test_b.py::test_y", error_type="E", message="m")
    assert [x.node_id for x in locate([one, two, two], FILES)] == [
        "pkg/tests/test_b.py::test_y",
        "tests/test_a.py::test_x",
    ]
