"""Order dependence, seen by running real suites: roles, shared state, and innocent suites."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter

from improve.checks.order import Found, Suite, replay_order, search_order
from improve.records import TargetEnvironment

CORE = """\
import functools, os

class Settings:
    debug = False

settings = Settings()
settings.debug = False
PLUGINS, NEEDED, RATES = {}, [], {"EUR": {"rate": 1}}
FIRST = SECOND = 0

@functools.lru_cache(None)
def home():
    return os.environ.get("APP_HOME", "none")

def add(item, basket=[]):
    basket.append(item)
    return basket

def rates():
    return RATES
"""
CONFTEST = """\
import pytest

@pytest.fixture(scope="session")
def rows():
    return []
"""
BEFORE = """\
import json, os
from app import core

def test_debug(): core.settings.debug = True
def test_home(monkeypatch):
    monkeypatch.setenv("APP_HOME", "/x")
    assert core.home() == "/x"
def test_needed(): core.NEEDED.append("p")
def test_rows(rows): rows.append(1)
def test_file(): open("left.txt", "w").close()
def test_first(): core.FIRST = 1
def test_second(): core.SECOND = core.FIRST
def test_cleans(): core.settings.debug = False
def test_environ(): os.environ["ZONE"] = "1"
def test_patched(): json.dumps = str
def test_folder(tmp_path): os.chdir(tmp_path)
def test_nested(): core.rates()["EUR"]["rate"] = 2
def test_basket():
    assert core.add("a") == ["a"]
"""
AFTER = """\
import json, os, random
from app import core

def test_v_debug(): assert core.settings.debug is False
def test_v_home(): assert core.home() == "none"
def test_v_needed(): assert core.NEEDED == ["p"]
def test_v_rows(rows): assert not rows
def test_v_file(): assert not os.path.exists("left.txt")
def test_v_second(): assert core.SECOND == 0
def test_v_environ(): assert "ZONE" not in os.environ
def test_v_patched(): assert json.dumps([]) == "[]" and json.dumps.__name__ == "dumps"
def test_v_folder(): assert os.path.exists("app")
def test_v_nested(): assert core.RATES == {"EUR": {"rate": 1}}
def test_v_basket(): assert core.add("b") == ["b"]
def test_v_luck(): assert core.settings.debug is False or random.random() < 0.5
def test_innocent(): assert core.RATES
def test_wrong(): assert core.settings.debug is False, "reason"
def test_always(): raise ValueError
def test_skipped():
    import pytest
    pytest.skip("no")
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    top = tmp_path_factory.mktemp("order")
    (top / "app").mkdir()
    for name, text in (
        ("app/__init__.py", ""), ("app/core.py", CORE), ("conftest.py", CONFTEST),
        ("test_a.py", BEFORE), ("test_b.py", AFTER),
    ):  # fmt: skip
        (top / name).write_text(text)
    return suite_of(top)


def suite_of(tree: Path) -> Suite:
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
    )
    return Suite(tree, environment)


def searched(suite: Suite, victim: str, **values: str) -> Found:
    return search_order(suite, f"test_b.py::{victim}", 60, **values)


# victim, what makes it fail, what they share, its kind, the line that changes it
VICTIMS = [
    ("test_v_debug", ["test_debug"], "app.core.settings.debug", "attribute", "test_a.py:4"),
    ("test_v_home", ["test_home"], "the cache of app.core.home", "cache", "test_a.py:7"),
    ("test_v_rows", ["test_rows"], "the fixture rows (session)", "fixture", None),
    ("test_v_file", ["test_file"], "the file left.txt", "file", "test_a.py:10"),
    ("test_v_second", ["test_first", "test_second"], "app.core.SECOND", "attribute", "test_a.py:12"),
    ("test_v_environ", ["test_environ"], "os.environ['ZONE']", "environment", "test_a.py:14"),
    ("test_v_patched", ["test_patched"], "json.dumps", "patched", None),
    ("test_v_folder", ["test_folder"], "the working directory", "folder", "test_a.py:16"),
    ("test_v_nested", ["test_nested"], "app.core.RATES", "attribute", "test_a.py:17"),
    ("test_v_basket", ["test_basket"], "the default of basket in app.core.add", "default", "app/core.py:16"),
]  # fmt: skip
SAMPLE = {"test_v_debug", "test_v_rows", "test_v_second", "test_v_basket"}


@pytest.mark.parametrize(
    ("victim", "others", "place", "kind", "line"),
    [
        pytest.param(*one, id=one[0], marks=() if one[0] in SAMPLE else pytest.mark.nightly)
        for one in VICTIMS
    ],
)
def test_victim_polluter_and_shared_state_are_named(
    suite: Suite, victim: str, others: list[str], place: str, kind: str, line: str | None
) -> None:
    order = searched(suite, victim).order
    assert order and order.role == "victim"
    assert [one.partition("::")[2] for one in order.others] == others
    assert order.alone == (0, 3) and order.pair == (3, 3) and order.collected == 29
    shared = order.shared
    assert shared and (shared.place, shared.kind) == (place, kind), order.state
    assert line is None or f"{shared.file}:{shared.line}" == line
    assert order.leak == {None: order.leak, "app/core.py:16": "product"}.get(line, "tests")
    assert order.suggestion and shared.was != shared.now


def test_the_cleaner_is_named_and_state_that_does_not_matter_is_not_blamed(suite: Suite) -> None:
    order = searched(suite, "test_v_debug").order
    assert order and order.cleaner == "test_a.py::test_cleans"
    assert order.order == "the reverse order, this test last"  # in the other one it is cleaned up
    nested = searched(suite, "test_v_second").order
    assert nested and [one.place for one in nested.state if one.shared] == ["app.core.SECOND"]
    assert "app.core.FIRST" in [one.place for one in nested.state]


def test_a_brittle_test_and_its_state_setter(suite: Suite) -> None:
    order = searched(suite, "test_v_needed").order
    assert order and order.role == "brittle" and order.alone == (3, 3)
    assert order.others == ("test_a.py::test_needed",) and order.pair == (0, 3)
    assert order.shared and order.shared.place == "app.core.NEEDED"


def test_a_victim_that_fails_by_luck(suite: Suite) -> None:
    order = searched(suite, "test_v_luck").order
    assert order and order.others == ("test_a.py::test_debug",)
    assert order.company[1] == 10 or order.company == (3, 3)


@pytest.mark.parametrize(
    ("victim", "why"),
    [
        ("test_innocent", "passes alone and in all orders"),
        ("test_always", "fails alone and in all orders"),
        ("test_skipped", "alone it does not end the same way"),
        ("test_nowhere", "not collected"),
    ],
)
def test_what_is_no_matter_of_the_order_has_no_polluter(
    suite: Suite, victim: str, why: str
) -> None:
    found = searched(suite, victim)
    assert found.order is None and why in found.why, found


def test_a_failure_of_another_kind_is_not_the_one_that_was_logged(suite: Suite) -> None:
    assert searched(suite, "test_wrong", expects="ValueError").order is None
    assert searched(suite, "test_wrong", expects="AssertionError").order is not None


def test_the_logged_order_is_tried_first_and_an_order_can_be_run_again(suite: Suite) -> None:
    logged = ("test_a.py::test_rows", "test_a.py::test_debug", "test_b.py::test_innocent")
    told = ("test_a.test_rows", *logged[1:])  # the first as a JUnit file spells it
    found = search_order(suite, "test_b.py::test_v_debug", 60, "AssertionError", told)
    assert found.order and found.order.order == "the order that the log tells"
    assert found.before == logged and found.failure and found.failure.file == "test_b.py"
    again = replay_order(suite, [*found.before, found.order.victim], 60)
    assert again.outcomes["test_b.py::test_v_debug"] == "failed"
    assert list(again.outcomes) == [*logged, "test_b.py::test_v_debug"]
    good = replay_order(suite, [found.order.victim], 60)
    assert good.ok, good.log


def test_no_run_of_the_suite_takes_more_than_half_of_the_time(tmp_path: Path) -> None:
    slow = "import time\ndef test_a(): time.sleep(5)\n"
    (tmp_path / "test_t.py").write_text(
        slow + "".join(f"def test_{name}(): pass\n" for name in "bcv")
    )
    found = search_order(suite_of(tmp_path), "test_t.py::test_v", 8)
    # Waited for, it would have left no time for a second one, which is late in any case.
    assert (found.order, found.suite_runs, found.why) == (None, 1, "the time was up")


@pytest.mark.nightly
def test_a_suite_with_threads_is_searched_with_processes(tmp_path: Path) -> None:
    (tmp_path / "test_t.py").write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
        "LEFT = []\n"
        "def test_a(): LEFT.append(1)\n"
        "def test_v(): assert not LEFT\n"
    )
    order = search_order(suite_of(tmp_path), "test_t.py::test_v", 60).order
    assert order and order.others == ("test_t.py::test_a",) and order.state == ()


@pytest.mark.parametrize("files", [3, pytest.param(20, marks=pytest.mark.nightly)])
def test_a_polluter_among_many_takes_log_n_runs(tmp_path: Path, files: int) -> None:
    many = (
        "import pytest\n@pytest.mark.parametrize('n', range(100))\ndef test_n(n): assert n < 100\n"
    )
    for number in range(files):
        (tmp_path / f"test_m{number:02}.py").write_text(many)
    (tmp_path / "shared.py").write_text("STATE = {}\n")
    polluter = "\nimport shared\ndef test_pollutes(): shared.STATE[1] = 1\n"
    (tmp_path / "test_m01.py").write_text(many + polluter)
    (tmp_path / "test_v.py").write_text("import shared\ndef test_v(): assert not shared.STATE\n")
    order = search_order(suite_of(tmp_path), "test_v.py::test_v", 120).order
    assert order and order.others == ("test_m01.py::test_pollutes",)
    assert order.collected == files * 100 + 2
    halvings = math.ceil(math.log2(files * 100 + 1)) + 1
    assert order.halvings <= halvings and order.suite_runs <= halvings + 5, order
