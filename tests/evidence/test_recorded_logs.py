"""Real logs of several pytest versions (tests/resources/logs) against what pytest itself knew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from improve.evidence import distil
from improve.records.evidence import Distilled, Failure

from . import dress

LOGS = Path(__file__).parents[1] / "resources" / "logs"
VERSIONS = ("6.2.5", "7.4.4", "8.3.5")
SHOP = [f"{style}-{v}" for v in VERSIONS for style in ("auto", "short", "line", "no")] + [
    "long-8.3.5",
    "native-6.2.5",
    "color-8.3.5",
    "xdist-8.3.5",
    "quiet-8.3.5",
    "nosummary-8.3.5",
    "terminal-8.3.5",
]
# What no exception stands behind, so that the oracle does not know of it.
STRICT = ("tests/test_shop.py::test_strict", None, "[XPASS(strict)]")


def read(name: str) -> str:
    return (LOGS / f"{name}.log").read_text(encoding="utf-8")


def told(log: str) -> Distilled:
    return distil(log.encode().split(b"\n"))


def only(log: str) -> Failure:
    failures = told(log).failures
    assert len(failures) == 1, [f.node_id for f in failures]
    return failures[0]


def truth(version: str) -> dict[tuple[str, str], tuple[str, str]]:
    rows = json.loads((LOGS / f"shop-{version}.json").read_text(encoding="utf-8"))
    known = {(node, when): (name, message) for node, when, name, message in rows}
    # The lookup error has no text of its own; pytest writes this line for it.
    missing = ("FixtureLookupError", "fixture 'no_such_fixture' not found")
    known["tests/test_shop.py::test_missing_fixture", "setup"] = missing
    return known


def bare(name: str | None) -> str:
    return (name or "").rpartition(".")[2]


@pytest.mark.parametrize("name", SHOP)
def test_every_failure_of_every_style_is_found_once(name: str) -> None:
    expected = truth(name.rpartition("-")[2])
    failures = told(read(name)).failures

    nodes = sorted(str(f.node_id) for f in failures)
    assert nodes == sorted([node for node, _ in expected] + [STRICT[0]])


@pytest.mark.parametrize("name", SHOP)
def test_type_and_message_are_those_of_the_exception(name: str) -> None:
    expected = truth(name.rpartition("-")[2])
    for failure in told(read(name)).failures:
        if failure.node_id == STRICT[0]:
            assert failure.message in (STRICT[2], "")
            continue
        kind = failure.kind
        if name.startswith("no-") and kind == "setup":  # a summary does not tell the phase
            kind = next(k for n, k in expected if n == failure.node_id and k != "call")
        known_type, known_message = expected[str(failure.node_id), kind]
        if failure.error_type is None:
            assert name.startswith(("no-", "line-6")), failure
            assert failure.message == ""
            continue
        assert bare(failure.error_type) == known_type, failure
        if name.startswith(("color", "xdist", "terminal")) and "assert {" in known_message:
            continue  # -v shows more of a comparison than the oracle's own run did
        if failure.message_cut:
            assert known_message.startswith(failure.message.rstrip("."))
        elif failure.message or not name.startswith("no-"):
            assert failure.message == known_message.strip()


@pytest.mark.parametrize("name", [n for n in SHOP if n.split("-")[0] not in ("no", "line")])
def test_the_place_is_the_line_that_raised(name: str) -> None:
    places = {f.node_id: (f.file, f.line) for f in told(read(name)).failures if f.kind in ("call",)}
    assert places["tests/test_shop.py::test_plain_assert"] == ("tests/test_shop.py", 12)
    assert places["tests/test_shop.py::test_context_chain"] == ("shop/calc.py", 6)
    assert places["tests/test_shop.py::TestCart::TestInner::test_nested"] == ("shop/calc.py", 26)
    assert places["tests/test_shop.py::test_param[p - q]"] == ("shop/calc.py", 13)


def test_frames_run_from_the_test_to_the_error() -> None:
    for name in ("auto-8.3.5", "short-8.3.5", "native-6.2.5"):
        nested = {f.node_id: f for f in told(read(name)).failures}
        frames = nested["tests/test_shop.py::TestCart::TestInner::test_nested"].frames
        assert [(f.file, f.function) for f in frames] == [
            ("tests/test_shop.py", "test_nested"),
            ("shop/calc.py", "total"),
        ], name


def test_excerpts_hold_the_error_and_no_captured_output() -> None:
    failures = {f.node_id: f for f in told(read("auto-8.3.5")).failures}
    excerpt = failures["tests/test_shop.py::test_prints_errors"].excerpt
    assert "E       ConnectionError: real: FAILED to connect - host gone" in excerpt
    assert "not real\n" not in excerpt
    assert all(len(f.excerpt.encode()) <= 4096 for f in failures.values())


DRESSES = {
    "stamped": dress.stamped,
    "tabbed": dress.tabbed,
    "coloured": dress.coloured,
    "crlf": lambda log: log.replace("\n", "\r\n"),
}
ALL = sorted(path.stem for path in LOGS.glob("*.log"))


@pytest.mark.parametrize("how", sorted(DRESSES))
@pytest.mark.parametrize("name", ALL)
def test_a_dressed_log_tells_what_the_bare_log_tells(name: str, how: str) -> None:
    log = read(name)
    dressed = [f.model_copy(update={"job": None}) for f in told(DRESSES[how](log)).failures]
    assert dressed == list(told(log).failures)


def test_interleaved_jobs_are_told_apart() -> None:
    log = dress.interleaved(
        dress.tabbed(read("short-8.3.5"), "test (3.11)"),
        dress.tabbed(read("collect-8.3.5"), "lint / imports"),
    )
    found = told(log).failures
    first = {f.node_id for f in found if f.job == "test (3.11)"}
    second = {f.node_id for f in found if f.job == "lint / imports"}
    assert first == {f.node_id for f in told(read("short-8.3.5")).failures}
    assert second == {f.node_id for f in told(read("collect-8.3.5")).failures}


def test_the_same_failure_in_two_jobs_is_one_with_both_jobs() -> None:
    log = dress.tabbed(read("no-8.3.5"), "a") + dress.tabbed(read("short-8.3.5"), "b")
    once = {f.node_id: f for f in told(log).failures if f.kind == "call"}
    failure = once["tests/test_shop.py::test_context_chain"]
    assert failure.job == "a, b"
    assert failure.frames, "the job that shows a traceback tells more"


@pytest.mark.parametrize("version", VERSIONS)
def test_collection_errors(version: str) -> None:
    found = {f.node_id: f for f in told(read(f"collect-{version}")).failures}
    assert all(f.kind == "collection" for f in found.values())
    assert {str(n).rpartition("/")[2]: f.error_type for n, f in found.items()} == {
        "test_import.py": "ImportError",
        "test_missing_module.py": "ModuleNotFoundError",
        "test_module_level.py": "KeyError",
        "test_param_bad.py": "Failed",
        "test_syntax.py": "SyntaxError",
    }
    syntax = found["tests/broken/test_syntax.py"]
    assert (syntax.file, syntax.line) == ("tests/broken/test_syntax.py", 2)
    assert syntax.message == "'(' was never closed"
    missing = found["tests/broken/test_missing_module.py"]
    assert missing.message == "No module named 'nonexistent_package_xyz'"
    assert (missing.file, missing.line) == ("tests/broken/test_missing_module.py", 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_conftest_that_fails_to_import(version: str) -> None:
    failure = only(read(f"conftest-{version}"))
    assert failure.kind == "collection"
    assert failure.error_type == "ModuleNotFoundError"
    assert failure.message == "No module named 'also_not_there'"
    assert failure.file == "tests/conf/conftest.py"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_crash_names_the_test_that_ran(version: str) -> None:
    failure = only(read(f"crash-{version}"))
    assert failure.kind == "crash"
    assert failure.node_id == "tests/crash/test_crash.py::test_segv"
    assert failure.message == "Fatal Python error: Segmentation fault"
    assert (failure.file, failure.frames[-1].function) == ("tests/crash/test_crash.py", "test_segv")


@pytest.mark.parametrize("version", VERSIONS)
def test_crashed_workers(version: str) -> None:
    found = {f.node_id: f for f in told(read(f"crash-xdist-{version}")).failures}
    assert set(found) == {
        "tests/crash/test_crash.py::test_segv",
        "tests/crash/test_exit.py::test_os_exit",
    }
    assert all(f.kind == "crash" for f in found.values())
    assert found["tests/crash/test_crash.py::test_segv"].message.startswith("Fatal Python error")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", ["timeout", "timeout-thread"])
def test_timeouts_of_both_methods(method: str, version: str) -> None:
    failure = only(read(f"{method}-{version}"))
    file = {"timeout": "test_slow.py", "timeout-thread": "test_slow_thread.py"}[method]
    assert failure.kind == "timeout"
    assert failure.node_id == f"tests/timeout/{file}::test_sleeps"
    assert failure.frames[-1].function == "wait_for_it"
    assert failure.message.startswith("Timeout")


def test_subtests_and_doctests() -> None:
    found = {f.node_id: f for f in told(read("subtests-9.0.2")).failures}
    assert {n: (f.error_type, f.message) for n, f in found.items()} == {
        "test_subtests.py::test_subtests.double": ("DocTestFailure", "expected '5', got '4'"),
        "test_subtests.py::TestTable::test_rows": ("AssertionError", "0 != 1"),
        "test_subtests.py::test_columns": ("AssertionError", "assert 0 == 5"),
    }


def test_exception_groups() -> None:
    failure = only(read("group-8.3.5"))
    assert failure.error_type == "ExceptionGroup"
    assert failure.message == "several (2 sub-exceptions)"
    assert failure.frames[-1].function == "test_group"
    assert "TypeError: two" in failure.excerpt


def test_a_missing_test_file() -> None:
    failure = only(read("missing-8.3.5"))
    assert failure.message == "file or directory not found: tests/test_nowhere.py"


def test_unittest() -> None:
    found = {f.node_id: f for f in told(read("unittest")).failures}
    assert {n: (f.kind, f.error_type) for n, f in found.items()} == {
        "unit/test_import_bad.py": ("collection", "ModuleNotFoundError"),
        "unit/test_unit.py::Base::test_error": ("call", "shop.calc.StockError"),
        "unit/test_unit.py::Base::test_equal": ("call", "AssertionError"),
        "unit/test_unit.py::Base::test_long": ("call", "AssertionError"),
        "unit/test_unit.py::Base::test_sub": ("call", "AssertionError"),
        "unit/test_unit.py::Base::test_unexpected": ("call", None),
        "unit/test_unit.py::TearDown::test_x": ("call", "RuntimeError"),
        "unit/test_unit.py::WithSetup": ("setup", "RuntimeError"),
    }
    error = found["unit/test_unit.py::Base::test_error"]
    assert (error.message, error.file, error.line) == ("cannot read 'x'", "shop/calc.py", 13)
    assert all(f.framework == "unittest" for f in found.values())


def test_a_plain_program() -> None:
    failure = only(read("program"))
    assert failure.framework == "python"
    assert failure.error_type == "shop.calc.StockError"
    assert failure.message == "cannot read 'seven'"
    assert (failure.file, failure.line) == ("shop/calc.py", 13)
    assert [f.function for f in failure.frames] == ["parse", "<module>", "parse"]
