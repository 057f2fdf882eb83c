"""A log and the JUnit file of the same session: each failure once, as fully as either tells it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from improve.evidence.merge import merge
from improve.evidence.parse_junit import Told, read_junit
from improve.records.evidence import Failure, Frame

from .test_parse_junit import failures, recorded
from .test_recorded_logs import read, told

NODE = "tests/test_a.py::TestCart::test_x"
ADDRESS = "tests.test_a.TestCart.test_x"
FRAMES = (Frame(file="a.py", line=3, function="f"),)
LOG = Failure(node_id=NODE, error_type="ValueError", message="no", job="test")
JUNIT = LOG.model_copy(update={"frames": FRAMES, "excerpt": "E   ValueError: no", "job": None})


@pytest.mark.parametrize(
    ("log", "file"),
    [
        ("auto-8.3.5", "auto-8.3.5"),
        ("no-8.3.5", "auto-8.3.5"),
        ("line-7.4.4", "auto-7.4.4"),
        ("no-6.2.5", "no-6.2.5"),
        ("xdist-8.3.5", "native-8.3.5"),
        ("short-8.3.5", "xunit1-8.3.5"),
        ("collect-6.2.5", "collect-6.2.5"),
        ("crash-xdist-8.3.5", "crash-xdist-8.3.5"),
        ("unittest", "unittest"),
    ],
)
def test_what_one_session_told_twice_is_there_once(log: str, file: str) -> None:
    known = told(read(log)).failures
    merged = merge(known, recorded(file).told)
    assert merged.added == 0, merged.failures[len(known) :]
    assert [one.node_id for one in merged.failures] == [one.node_id for one in known]


def test_a_log_without_tracebacks_gets_those_of_the_file() -> None:
    known = told(read("no-8.3.5")).failures
    assert not any(one.frames for one in known)
    whole = failures(recorded("auto-8.3.5"))
    merged = merge(known, recorded("auto-8.3.5").told).failures
    facts = {(one.node_id, one.kind, one.message, one.frames) for one in whole}
    assert {(one.node_id, one.kind, one.message, one.frames) for one in merged} == facts
    excerpts = {one.excerpt for one in whole if one.frames}
    assert {one.excerpt for one in merged if one.frames} == excerpts


def test_a_cut_message_is_made_whole_and_the_logs_frames_stay() -> None:
    log = LOG.model_copy(update={"frames": FRAMES, "message": "n...", "message_cut": True})
    junit = JUNIT.model_copy(update={"frames": ()})
    (one,) = merge([log], [Told(ADDRESS, junit)]).failures
    assert (one.message, one.message_cut, one.frames) == ("no", False, FRAMES)
    assert one.signature.startswith("ValueError: no #"), "the signature is that of the cut message"


def test_the_logs_node_id_job_and_way_of_ending_stay() -> None:
    log = LOG.model_copy(update={"kind": "timeout", "job": "test (a, 3.11), test (a, 3.12)"})
    junit = Told(ADDRESS, JUNIT.model_copy(update={"node_id": "tests/test_a/TestCart.py::test_x"}))
    merged = merge([log], [junit], "other")
    (one,) = merged.failures
    assert (one.node_id, one.kind, one.job) == (
        NODE,
        "timeout",
        "test (a, 3.11), test (a, 3.12), other",
    )
    assert merge([log], [junit], "test (a, 3.12)").failures[0].job == log.job
    assert (one.frames, merged.completed, merged.added) == (FRAMES, 1, 0)


def test_call_and_teardown_of_one_test_are_two_failures() -> None:
    torn = JUNIT.model_copy(update={"kind": "teardown", "message": "torn"})
    both = (Told(ADDRESS, JUNIT), Told(ADDRESS, torn))
    vague = LOG.model_copy(update={"kind": "setup", "message": "torn"})  # a summary says ERROR only
    merged = merge([LOG, vague], both)
    assert [(one.kind, one.message) for one in merged.failures] == [
        ("call", "no"),
        ("teardown", "torn"),
    ]
    assert merge([LOG], both).added == 1


def test_what_the_log_does_not_tell_is_added_behind_with_the_files_job() -> None:
    other = JUNIT.model_copy(update={"node_id": "tests/test_b.py::test_y"})
    merged = merge([LOG], [Told("tests.test_b.test_y", other)], "test (3.11)")
    assert merged.added == 1
    assert [one.job for one in merged.failures] == ["test", "test (3.11)"]


def test_failures_without_a_node_id_are_the_same_when_they_say_the_same(tmp_path: Path) -> None:
    case = '<testcase classname="a" name="b" file="a.js"><failure message="Error: %s"/></testcase>'
    first, second = (
        read_junit([f"<testsuite>{case % word}</testsuite>".encode()]).told for word in ("x", "y")
    )
    once = merge((), first).failures
    assert (merge(once, first).added, merge(once, second).added) == (0, 1)


def test_a_case_that_does_not_look_like_pytests_is_known_by_its_address() -> None:
    spoken = JUNIT.model_copy(update={"node_id": None, "framework": "command", "frames": ()})
    assert merge([LOG], [Told(ADDRESS, spoken)]).added == 0


def test_thousands_of_failures_are_merged_at_once() -> None:
    known = [LOG.model_copy(update={"node_id": f"tests/test_a.py::test_{n}"}) for n in range(2000)]
    told = [
        Told(f"tests.test_a.test_{n}", JUNIT.model_copy(update={"node_id": f"x.py::test_{n}"}))
        for n in reversed(range(4000))
    ]
    began = time.process_time()
    merged = merge(known, told)
    assert time.process_time() - began < 2
    assert (len(merged.failures), merged.added, merged.completed) == (4000, 2000, 2000)
    assert merge(merged.failures, told).added == 0
