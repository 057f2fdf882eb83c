"""Shrinking asks little, keeps what fails, and stops when it is short or out of budget."""

from __future__ import annotations

import pytest

from improve.cut import count_lines, shrink

LONG = (
    "# Cut from x.\n\nimport json\nimport os\n\n\nclass Fake:\n"
    + "".join(f"    def method_{i}(self):\n        return {i}\n\n" for i in range(10))
    + 'def helper():\n    """Long\n    words."""\n    return json.dumps(1)\n\n\n'
    + "def test_long():\n    fake = Fake()\n"
    + "".join(f"    v{i} = fake.method_1()\n    assert v{i} == {i}, helper()\n" for i in range(20))
    + "    assert os.sep == 'KEY'\n"
    + "    assert fake.method_2() == 1\n" * 10
)


class Oracle:
    """Stands for a run of the test: fails as long as the guilty line is there."""

    def __init__(self, *needed: str) -> None:
        self.needed = needed
        self.asked: list[str] = []

    def __call__(self, source: str) -> bool:
        compile(source, "asked", "exec")
        self.asked.append(source)
        return all(text in source for text in self.needed)


def test_what_the_failure_does_not_need_goes_in_few_questions() -> None:
    oracle = Oracle("'KEY'", "fake = Fake()")
    short = shrink(LONG, oracle, max_lines=20)
    assert count_lines(short) < 20, short
    assert len(oracle.asked) <= 12
    assert oracle(short) and "import json" not in short and short.startswith("# Cut from x.\n")


def test_a_short_test_costs_no_question() -> None:
    oracle = Oracle()
    assert shrink("def test_a():\n    assert 0\n", oracle) == "def test_a():\n    assert 0\n"
    assert oracle.asked == []


def test_no_budget_no_question() -> None:
    oracle = Oracle("'KEY'")
    assert shrink(LONG, oracle, 5, lambda: False) == LONG and oracle.asked == []


def test_what_nothing_shortens_comes_back_as_it_was() -> None:
    oracle = Oracle("no such text")
    assert shrink(LONG, oracle, 5) == LONG and len(oracle.asked) <= 12


@pytest.mark.parametrize("source", ["x = 1\n" * 60, "def broken(:\n" * 60, ""])
def test_a_source_without_a_test_is_left_alone(source: str) -> None:
    assert shrink(source, Oracle("never"), 5) == source


def test_inside_a_class_and_a_single_with_block() -> None:
    body = "".join(f"            step({i})\n" for i in range(60))
    source = (
        "import contextlib\nimport unittest\n\n\ndef step(n):\n    assert n != 30\n\n\n"
        "class T(unittest.TestCase):\n    def test_w(self):\n"
        f"        with contextlib.suppress(KeyError):\n{body}"
    )
    short = shrink(source, Oracle("step(30)", "with contextlib"), 40)
    assert count_lines(short) < 40 and "step(40)" not in short, short


def test_paths_set_up_by_the_cut_survive() -> None:
    source = (
        "import sys\nfrom pathlib import Path\n\n# The top.\nREPOSITORY = Path(__file__).parent\n"
        'sys.path.insert(0, str(REPOSITORY / "tests"))\n\nimport helpers\n\n\ndef test_x():\n'
        + "    assert helpers\n" * 60
        + "    assert helpers == 'KEY'\n"
    )
    short = shrink(
        source, Oracle("'KEY'", "sys.path.insert", "Path(__file__).parent", "import helpers")
    )
    assert count_lines(short) < 50, short
    assert short.index("sys.path.insert") < short.index("import helpers")


def test_table_entries_that_nothing_names_go() -> None:
    rows = "".join(f'    "key{i:02}": {{"a": {i}}},\n' for i in range(60))
    source = f'TABLE = {{\n{rows}}}\n\n\ndef test_t():\n    assert TABLE["key30"]["a"] == 0\n'
    short = shrink(source, Oracle('"key30": {"a": 30}', 'TABLE["key30"]'))
    assert count_lines(short) < 8, short
