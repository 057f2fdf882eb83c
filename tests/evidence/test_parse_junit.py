"""JUnit files of real runners against what pytest itself knew, and against the log of the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve.evidence.junit_names import address, junit_order
from improve.evidence.parse_junit import MAX_ORDER, JunitResults, read_junit
from improve.records.evidence import Failure, JunitFile

from .test_recorded_logs import STRICT, bare, read, told, truth

FILES = Path(__file__).parents[1] / "resources" / "junit"
VERSIONS = ("6.2.5", "7.4.4", "8.3.5")
SHOP = [f"{style}-{v}" for v in VERSIONS for style in ("auto", "no")]
SHOP += ["xunit1-8.3.5", "native-8.3.5", "renamed-8.3.5"]
TOKEN = "ghp" + "_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6"


def recorded(name: str) -> JunitResults:
    return read_junit([(FILES / f"{name}.xml").read_bytes()])


def failures(results: JunitResults) -> list[Failure]:
    return [one.failure for one in results.told]


def suite(body: str, name: str = "suite") -> list[Failure]:
    """The failures of a file with this one suite."""
    results = read_junit([f'<testsuite name="{name}">{body}</testsuite>'.encode()])
    assert results.known and not results.notes, results.notes
    return failures(results)


@pytest.mark.parametrize("name", SHOP)
def test_every_failure_is_told_with_the_exceptions_type_and_message(name: str) -> None:
    expected = truth(name.rpartition("-")[2])
    results = recorded(name)

    assert (results.known, results.tests, results.notes) == (True, 24, ())
    found = {(str(one.node_id), str(one.kind)): one for one in failures(results)}
    assert sorted(found) == sorted([*expected, (STRICT[0], "call")])
    for key, (known_type, known_message) in expected.items():
        one = found[key]
        if name.startswith("no-6") and known_message.startswith("gave up"):
            assert one.error_type in (None, known_type), one  # 6.2.5 wrote no name with it
        else:
            assert bare(one.error_type) == known_type, one
        assert one.message == known_message, one


@pytest.mark.parametrize("name", ["auto-6.2.5", "auto-8.3.5", "collect-7.4.4", "timeout-8.3.5"])
def test_the_file_and_the_log_of_a_session_tell_the_same(name: str) -> None:
    def facts(found: list[Failure]) -> set[tuple[object, ...]]:
        return {(one.node_id, one.kind, bare(one.error_type), one.message) for one in found}

    by_log = facts(list(told(read(name)).failures))
    assert facts(failures(recorded(name))) == by_log


def test_frames_places_and_excerpts_are_those_of_the_traceback() -> None:
    found = {one.node_id: one for one in failures(recorded("auto-8.3.5"))}
    one = found["tests/test_shop.py::test_param[a::b]"]
    # The cause's frames go first, as in a log.
    assert [(frame.file, frame.function) for frame in one.frames] == [
        ("shop/calc.py", "parse"), ("tests/test_shop.py", "test_param"), ("shop/calc.py", "parse")
    ]  # fmt: skip
    assert (one.file, one.line) == ("shop/calc.py", 13)
    assert "E           shop.calc.StockError: cannot read 'a::b'" in one.excerpt
    nested = found["tests/test_shop.py::TestCart::TestInner::test_nested"]
    assert nested.signature == "KeyError: 'price' #" + nested.signature.rpartition("#")[2]


def test_a_worker_that_crashed_is_a_crash_of_its_test() -> None:
    assert {(one.node_id, one.kind) for one in failures(recorded("crash-xdist-8.3.5"))} == {
        ("tests/crash/test_crash.py::test_segv", "crash"),
        ("tests/crash/test_exit.py::test_os_exit", "crash"),
    }


def test_unittests_runner_tells_the_nodes_that_pytest_would_run() -> None:
    found = {(one.node_id, one.kind) for one in failures(recorded("unittest"))}
    by_log = {(one.node_id, one.kind) for one in told(read("unittest")).failures}
    assert found == by_log
    assert {one.framework for one in failures(recorded("unittest"))} == {"unittest"}


@pytest.mark.parametrize(
    ("classname", "name", "file", "node"),
    [
        ("tests.test_a.TestCart", "test_x", "", "tests/test_a.py::TestCart::test_x"),
        ("tests.test_a", "test_x[a.b::c]", "", "tests/test_a.py::test_x[a.b::c]"),
        # Inherited: the function stands in another file than the test.
        ("tests.test_a.TestCart", "test_x", "tests/base.py", "tests/test_a.py::TestCart::test_x"),
        # A class whose name is that of no class elsewhere: the file tells where the module ends.
        ("tests.test_a.cart", "test_x", "tests/test_a.py", "tests/test_a.py::cart::test_x"),
        ("", "tests.test_a", "", "tests/test_a.py"),
    ],
)
def test_names_without_traceback_become_node_ids(
    classname: str, name: str, file: str, node: str
) -> None:
    case = f'<testcase classname="{classname}" name="{name}" file="{file}">'
    (one,) = suite(f'{case}<failure message="ValueError: no"/></testcase>', "pytest")
    assert (one.node_id, one.error_type, one.message) == (node, "ValueError", "no")


def test_the_file_that_a_test_ran_in_tells_where_the_module_ends() -> None:
    text = "tests/Test_A.py:3: in test_x\n    boom()\nE   ValueError: no"
    case = f'<testcase classname="tests.Test_A.cart" name="test_x"><failure>{text}</failure></testcase>'
    assert [one.node_id for one in suite(case)] == ["tests/Test_A.py::cart::test_x"]


def test_tests_of_other_languages_are_failures_without_a_node_id() -> None:
    case = (
        '<testcase classname="cart total" name="cart total adds up" file="src/cart.test.js" line="7">'
        '<failure message="Error: expect(received).toBe(expected)" type="AssertionError">'
        "Error: expect(received).toBe(expected)\n    at Object.toBe (src/cart.test.js:9:17)</failure>"
        "</testcase>"
    )
    (one,) = suite(case)
    assert (one.framework, one.node_id, one.kind) == ("command", None, "call")
    assert (one.error_type, one.message) == ("Error", "expect(received).toBe(expected)")
    assert (one.file, one.line) == ("src/cart.test.js", 7)
    assert one.excerpt.startswith("cart total cart total adds up\n"), one.excerpt


def test_passed_skipped_and_printed_is_no_failure() -> None:
    body = (
        '<properties><property name="failure" value="x"/></properties>'
        '<testcase classname="a" name="test_a"><system-out>&lt;failure/&gt;E   KeyError: 1'
        '</system-out></testcase><testcase name="b"><skipped message="error"/></testcase>'
        "<system-err>FAILED</system-err>"
    )
    assert suite(body) == []


def test_secrets_and_escapes_do_not_pass() -> None:
    text = f"tests/test_a.py:3: in test_x\nE   ValueError: #x1B[31m{TOKEN}#x1B[0m \u202e"
    case = f'<testcase classname="tests.test_a" name="test_x[{TOKEN}]"><failure message="{TOKEN}">'
    results = read_junit([f"<testsuite>{case}{text}</failure></testcase></testsuite>".encode()])
    (one,) = results.told
    shown = one.failure.model_dump_json() + one.address
    assert TOKEN not in shown and "\\u001b" not in shown and "\u202e" not in shown, shown
    assert one.failure.message == "[redacted: github token]"


@pytest.mark.parametrize(
    "text",
    ['<coverage line-rate="1"/>', "<html><body/></html>", "", "no xml", "\x00\x01", "PK\x03\x04"],
)
def test_something_else_is_said_to_be_something_else(text: str) -> None:
    results = read_junit([text.encode()])
    assert (results.known, results.tests, results.told) == (False, 0, ())


def test_the_order_of_a_file_goes_up_to_its_last_failure() -> None:
    def case(name: str, body: str = "") -> str:
        return f'<testcase classname="tests.test_a.TestB" name="{name}">{body}</testcase>'

    failed = '<failure message="x">x</failure>'
    body = case("one") + case("two[a.b]", failed) + case("three") + case("four", failed) + case("v")
    order = read_junit([f"<testsuite>{body}</testsuite>".encode()]).order
    node = "tests/test_a.py::TestB::"
    assert order == tuple(address(node + one) for one in ("one", "two[a.b]", "three", "four"))
    file = JunitFile(artifact="a", file="b", order=order)
    assert junit_order([JunitFile(artifact="a", file="c"), file], f"{node}four") == order[:3]
    assert junit_order([file], f"{node}v") == ()
    many = case("t") * (MAX_ORDER + 50) + case("late", failed)
    assert read_junit([f"<testsuite>{many}</testsuite>".encode()]).order == ()
    secret = read_junit([f"<testsuite>{case(f'x[{TOKEN}]', failed)}</testsuite>".encode()]).order
    assert len(secret) == 1 and TOKEN not in secret[0]
