"""The order that a log tells: plain, by worker, shuffled; and lines that tell none."""

from __future__ import annotations

import time

from improve.evidence import logged_order

PLAIN = """\
=== test session starts ===
2026-01-02T03:04:05.6Z tests/test_a.py::test_one PASSED                 [ 30%]
tests/test_a.py::test_two[a b] FAILED                                   [ 60%]
tests/test_b.py::test_v FAILED [100%]
FAILED tests/test_b.py::test_v - assert 1 == 2
"""
WORKERS = """\
[gw0] [ 20%] PASSED tests/test_a.py::test_one
[gw1] [ 40%] PASSED tests/test_a.py::test_two
[gw1] [ 60%] PASSED tests/test_a.py::test_three
[gw0] [ 80%] FAILED tests/test_b.py::test_v
"""


def test_a_verbose_log_tells_what_ran_before() -> None:
    found = logged_order(PLAIN.splitlines(), "tests/test_b.py::test_v")
    assert found.before == ("tests/test_a.py::test_one", "tests/test_a.py::test_two[a b]")
    assert logged_order(PLAIN.splitlines(), "tests/test_b.py::test_other").before == ()


def test_only_tests_of_the_same_worker_share_a_process() -> None:
    found = logged_order(WORKERS.splitlines(), "tests/test_b.py::test_v")
    assert found.before == ("tests/test_a.py::test_one",)


def test_the_seed_of_a_shuffled_run_is_read() -> None:
    for told in ("Using --randomly-seed=3849", "+ pytest --randomly-seed=3849 -q"):
        lines = ["=== test session starts ===", told, *PLAIN.splitlines()[1:]]
        assert logged_order(lines, "tests/test_b.py::test_v").seed == "3849"
    for other in ("Using --randomly-seed=last", "--randomly-seed=38x", "--randomly-seed"):
        assert logged_order([other], "tests/test_b.py::test_v").seed == ""


def test_hostile_lines_take_no_time() -> None:
    began = time.process_time()
    for text in ("a.py::" * 680, "[gw1] [" * 580, "x" * 2000 + ".py::" + "y " * 1000):
        assert logged_order([text] * 300, "a.py::test").before == ()
    assert time.process_time() - began < 2
