"""Tests that need each other's company, in one file: what they share stands there once."""

from __future__ import annotations

import ast

import pytest

from improve.cut import CannotCut, Cut, join

ONE = (
    "# Cut from a.py::test_a.\n\nimport os\n\nfrom app import core\n\nSEEN = []\n\n\n"
    "def test_a():\n    SEEN.append(core.x)\n"
)
TWO = (
    "# Cut from b.py::test_b.\n\nimport os\nimport re\n\nfrom app import core\n\nSEEN = []\n\n\n"
    "# what it sees\n@re.escape\ndef test_b():\n    assert not SEEN and core.x\n"
)


def test_shared_state_and_imports_stand_there_once_and_the_order_is_kept() -> None:
    made = join([Cut(ONE, "test_a"), Cut(TWO, "test_b")])
    assert made.suffixes == ("test_a", "test_b")
    assert made.source.count("SEEN = []") == made.source.count("from app import core") == 1
    assert made.source.startswith("# Cut from a.py::test_a.\n# Cut from b.py::test_b.\n")
    assert "# what it sees\n@re.escape\n" in made.source
    names = [one.name for one in ast.parse(made.source).body if isinstance(one, ast.FunctionDef)]
    assert names == ["test_a", "test_b"]


def test_tests_of_one_name_keep_apart_and_the_last_keeps_its_name() -> None:
    one = "def test_it():\n    left()\n\n\ndef left():\n    pass\n"
    made = join([Cut(one, "test_it[1]"), Cut("def test_it():\n    assert 1\n", "test_it")])
    assert made.suffixes == ("test_it_before[1]", "test_it")
    assert "def test_it_before(" in made.source and made.source.count("def test_it(") == 1


@pytest.mark.parametrize(
    "other",
    [
        "SEEN = {}\n\n\ndef test_b():\n    assert SEEN\n",
        "from os import SEEN\n\n\ndef test_b(): pass\n",
    ],
)
def test_a_name_that_means_two_things_is_refused(other: str) -> None:
    with pytest.raises(CannotCut):
        join([Cut(ONE, "test_a"), Cut(other, "test_b")])
