"""A test as plain Python: it gets its parameters and fixtures, and its runner is not to be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.interpreter import interpreter

PLAIN = Path(__file__).parents[2] / "tools/improve/checks/inside/improve_plain.py"
TESTS = """\
import sys
import unittest

import pytest

import looked


@pytest.fixture
def base():
    yield 40


@pytest.fixture
def more(base, tmp_path):
    (tmp_path / "x").write_text("x")
    return base + 2


def test_unseen():
    assert not looked.HERE and "pytest" not in sys.modules
    with pytest.raises(ValueError):
        int("x")


def test_fixtures(more, monkeypatch):
    monkeypatch.setenv("A", "b")
    assert more == 42


@pytest.mark.parametrize("one", [1, 2])
@pytest.mark.parametrize(("two", "three"), [(3, 4), pytest.param(5, 6)])
def test_sets(one, two, three):
    assert three - two == 1 and one in (1, 2)


def test_fails():
    assert 1 == 2


def test_needs(capsys):
    assert capsys


class TestClass:
    def setup_method(self):
        self.value = 3

    def test_it(self, base):
        assert self.value + base == 43


class TestOld(unittest.TestCase):
    def setUp(self):
        self.value = 3

    def test_old(self):
        with self.subTest():
            self.assertEqual(self.value, 3)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("plain")
    (place / "tests").mkdir()
    (place / "tests/test_it.py").write_text(TESTS)
    (place / "looked.py").write_text(
        "import os, sys\nHERE = 'pytest' in sys.modules or 'PYTEST_CURRENT_TEST' in os.environ\n"
    )
    return place


def plainly(tree: Path, *names: str) -> dict[str, Any]:
    record = tree / "record.json"
    record.unlink(missing_ok=True)
    world = {key: os.environ[key] for key in ("PATH",)}
    done = subprocess.run(
        [sys.executable, PLAIN, "tests/test_it.py", *names],
        cwd=tree, env={**world, "IMPROVE_RECORD": str(record)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert record.is_file(), done.stderr
    found: dict[str, Any] = json.loads(record.read_text())
    return found


@pytest.mark.parametrize(
    ("names", "end", "ran"),
    [
        (("test_unseen",), "passed", 1),
        (("test_fixtures",), "passed", 1),
        (("test_sets",), "passed", 4),
        (("TestClass", "test_it"), "passed", 1),
        (("TestOld", "test_old"), "passed", 1),
        (("test_needs",), "cannot", None),
    ],
)
def test_what_can_be_run_plainly_is(
    tree: Path, names: tuple[str, ...], end: str, ran: int | None
) -> None:
    found = plainly(tree, *names)
    assert (found["end"], found.get("ran")) == (end, ran), found


def test_a_failure_is_told_with_its_type_and_the_line_of_the_test(tree: Path) -> None:
    line = TESTS.splitlines().index("    assert 1 == 2") + 1
    found = plainly(tree, "test_fails")
    assert (found["end"], found["type"], found["line"]) == ("failed", "AssertionError", line)


def test_in_pytest_the_same_product_sees_its_runner(tree: Path) -> None:
    done = subprocess.run(
        [interpreter(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", "-k", "unseen"],
        cwd=tree, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 failed" in done.stdout, done.stdout
