"""pytest as a check: the record decides, whatever the exit status says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.repositories import write

from improve.checks.command_check import run_command
from improve.checks.pytest_check import judge, run_pytest
from improve.records import CheckRun, TargetEnvironment
from improve.workbench.process import Finished

TREE = Path("/tree")
CLOSING = {"kind": "finished", "status": 0}
PASSES = {"kind": "report", "id": "t.py::a", "when": "call", "outcome": "passed"}
HERE = TargetEnvironment(
    python=interpreter(), python_version="3", key="", source="", import_roots=("src", ".")
)


def judged(*entries: object, status: int | None = 0) -> CheckRun:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in entries]
    return judge(Finished(("pytest",), status, b"the log", b"", 1.0), lines, TREE)


def report(when: str, outcome: str, **more: object) -> dict[str, object]:
    return {"kind": "report", "id": "t.py::a", "when": when, "outcome": outcome, **more}


def test_status_0_without_the_closing_record_proves_nothing() -> None:
    assert judged(PASSES, CLOSING).ok
    assert not judged(PASSES).ok
    assert not judged(PASSES, {"kind": "finished", "status": None}).ok


def test_a_test_that_ends_the_process_is_a_crash() -> None:
    seen = judged({"kind": "start", "id": "t.py::a"})
    assert not seen.ok and seen.outcomes == {"t.py::a": "error"}
    assert (seen.failures[0].kind, seen.failures[0].error_type) == ("crash", "Crash")


def test_a_test_that_hangs_is_a_timeout() -> None:
    seen = judged({"kind": "start", "id": "t.py::a"}, status=None)
    assert seen.timed_out and seen.failures[0].kind == "timeout"


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"kin', '{"no": "kind"}', "\x00"])
def test_a_line_that_is_no_record_is_skipped(line: str) -> None:
    assert judged(line, PASSES, line, CLOSING).ok


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (report("call", "failed"), "failed"),
        (report("setup", "failed"), "error"),
        (report("teardown", "failed"), "error"),
        (report("setup", "skipped"), "skipped"),
        (report("call", "skipped", xfail=True), "xfailed"),
        (report("call", "passed", xfail=True), "xpassed"),
        (report("???", "failed"), "error"),  # xdist: the worker crashed
    ],
)
def test_outcomes_are_pytests_own(entry: dict[str, object], outcome: str) -> None:
    assert judged(entry, CLOSING).outcomes == {"t.py::a": outcome}


def test_a_failing_teardown_is_not_hidden_by_the_call_before_it() -> None:
    assert not judged(PASSES, report("teardown", "failed"), CLOSING).ok


def test_frames_and_files_are_told_relative_to_the_tree() -> None:
    frames = [["/tree/shop.py", 3, "total"], ["/x/_pytest/python.py", 1, "call"]]
    failed = report("call", "failed", file="/tree/shop.py", frames=frames, message="E: x", type="E")
    found = judged(failed, CLOSING).failures[0]
    assert found.file == "shop.py" and [frame.file for frame in found.frames] == ["shop.py"]


def in_tree(
    tree: Path,
    files: dict[str, str],
    *targets: str,
    options: tuple[str, ...] = (),
    where: TargetEnvironment = HERE,
) -> CheckRun:
    write(tree, files)
    return run_pytest(tree, where, targets, timeout=60, options=options)


def test_a_real_collection_error(tmp_path: Path) -> None:
    seen = in_tree(tmp_path, {"test_a.py": "import no_such_module\n"})
    assert not seen.ok and seen.outcomes == {"test_a.py": "error"}
    assert seen.failures[0].kind == "collection"


def test_node_ids_that_collect_nothing_are_no_pass(tmp_path: Path) -> None:
    files = {"test_a.py": "def test_a():\n    pass\n"}
    assert in_tree(tmp_path, files, "test_a.py::test_a").ok
    assert not in_tree(tmp_path, files, "test_a.py::test_b").ok
    assert not in_tree(tmp_path, files, "test_a.py", options=("-k", "nothing")).ok


def test_a_project_that_stops_at_the_first_failure_is_run_to_its_end(tmp_path: Path) -> None:
    tests = "def test_a():\n    assert 0\n\n\ndef test_b():\n    pass\n"
    seen = in_tree(tmp_path, {"test_a.py": tests, "pytest.ini": "[pytest]\naddopts = -x\n"})
    assert seen.outcomes == {"test_a.py::test_a": "failed", "test_a.py::test_b": "passed"}


def test_a_module_of_the_tree_cannot_take_the_recorders_place(tmp_path: Path) -> None:
    forged = "raise SystemExit('the forged recorder was loaded')\n"
    files = {"test_a.py": "def test_a():\n    assert 0\n", "src/improve_recorder.py": forged}
    assert in_tree(tmp_path, files).outcomes == {"test_a.py::test_a": "failed"}


@pytest.mark.slow
def test_under_xdist_what_was_collected_is_known_too(tmp_path: Path) -> None:
    tests = "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n"
    where = HERE.model_copy(update={"python": interpreter("pytest-xdist")})
    seen = in_tree(tmp_path, {"test_a.py": tests}, options=("-n", "1"), where=where)
    assert seen.ok and seen.collected == ("test_a.py::test_a", "test_a.py::test_b")


def test_a_command_is_judged_by_its_status_and_what_it_says(tmp_path: Path) -> None:
    assert run_command(tmp_path, HERE, "true", 10).ok
    failed = run_command(tmp_path, HERE, "echo 'no such target' && exit 3", 10)
    assert not failed.ok and failed.failures[0].error_type == "Status3"
    assert failed.failures[0].message == "no such target"
    assert not run_command(tmp_path, HERE, "false | true", 10).ok
    late = run_command(tmp_path, HERE, "sleep 30", 1)
    assert late.timed_out and late.failures[0].kind == "timeout" and late.seconds < 8
