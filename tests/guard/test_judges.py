"""What judges without a protected name: helpers and data of the test, scripts of the command."""

from __future__ import annotations

import pytest

from improve.guard import Ran, judges, ran
from improve.records import Verdict

KIT = "def assert_total(found, wanted):\n    if _other(found, wanted):\n        raise AssertionError(found)\n\n\n"
KIT += (
    "def _other(found, wanted):\n    return found != wanted\n\n\ndef log(text):\n    print(text)\n"
)
TEST = "from kit import assert_total, log\n\n\ndef test_it():\n    log('so')\n    assert_total(total([3]), 7)\n"


def helped(old: str, new: str, test: str = TEST) -> Verdict:
    assert old in KIT
    return judges({"kit.py": KIT}, {"kit.py": KIT.replace(old, new)}, test, {})


def test_a_helper_that_the_test_asserts_with_is_refused() -> None:
    told = helped("raise AssertionError(found)", "pass")
    assert told.refuses and told.reason.startswith("kit.py:1 assert_total is what the test"), told
    gone = judges({"kit.py": KIT}, {}, TEST, {})
    assert gone.refuses, "a helper that was deleted"


def test_what_the_helper_calls_is_told_and_the_rest_of_its_file_is_free() -> None:
    told = helped("found != wanted", "found > wanted")
    assert (told.said, "kit.py:6 _other" in told.reason) == ("not shown", True), told
    assert helped("print(text)", "print(text, flush=True)").passed
    assert helped("raise AssertionError(found)", "pass", "def test_it():\n    other()\n").passed


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def test_it():\n    assert is_right(total([3]))\n", "not shown"),
        ("def test_it():\n    is_right(7)\n", "not shown"),  # it asserts by itself
        ("def test_it():\n    assert is_right(7) == 3\n", "yes"),
        ("def test_it():\n    assert total(is_right(7))\n", "yes"),
    ],
)
def test_what_may_be_the_product_is_not_refused(test: str, said: str) -> None:
    before = "def is_right(number):\n    assert number\n    return number == 7\n"
    after = before.replace("== 7", "> 0")
    assert judges({"shop.py": before}, {"shop.py": after}, test, {}).said == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("data/want.json", "not shown"),
        ("want.json", "not shown"),
        ("data/unwant.json", "yes"),
        ("shop/want.py", "yes"),
    ],
)
def test_data_that_the_test_names_is_told(path: str, said: str) -> None:
    test = "def test_it():\n    want = load('data/want.json')\n"
    assert judges({path: "{}"}, {path: "[]"}, test, {}).said == said


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("bash check.sh", {"check.sh": True}),
        ("set -e; FAST=1 sh -eu ./ci/check.sh --all", {"ci/check.sh": True}),
        ("cd web && bash check.sh", {"check.sh": True, "web/check.sh": True}),
        ("timeout 5 uv run python -X dev app.py", {"app.py": False}),
        ("if true; then ./check; fi", {"check": None}),
        ("bash -c 'source env.sh && node run.js'", {"env.sh": True, "run.js": False}),
        ("bash -o pipefail check.sh +x", {"check.sh": True}),
        ("python -m pytest tests", {}),
        ("python -c 'print(1)'", {}),
        ("ruff check shop.py", {}),
        ("bash /etc/check.sh ../x.sh", {}),
        ("echo 'a quote that", {}),
    ],
)
def test_the_scripts_of_a_command_are_found(command: str, found: dict[str, bool | None]) -> None:
    assert {one.path: one.shell for one in ran(command)} == found


def test_a_script_is_refused_and_a_program_is_told() -> None:
    scripts = {Ran("check.sh", True): "python app.py < rates.csv", Ran("app.py", False): "run()"}

    def changed(path: str) -> str:
        return judges({path: "a"}, {path: "b"}, "", scripts).said

    assert changed("check.sh") == "no"
    assert changed("app.py") == changed("rates.csv") == "not shown"
    assert changed("shop.py") == "yes"
