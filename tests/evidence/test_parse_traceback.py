"""Tracebacks of plain programs and of unittest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from improve.evidence import distil
from improve.records.evidence import Failure

PROGRAMS = {
    "plain": ("def f():\n    {}['a']\nf()\n", "KeyError", "'a'", 2),
    "no message": ("raise RuntimeError\n", "RuntimeError", "", 1),
    "many lines": ("raise ValueError('one\\ntwo\\n\\nthree')\n", "ValueError", "one", 1),
    "cause": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e\n",
        "KeyError",
        "'k'",
        4,
    ),
    "context with blank lines in its message": (
        "try:\n    raise OSError('a\\n\\nb\\n\\nc')\nexcept OSError:\n    raise KeyError('k')\n",
        "KeyError",
        "'k'",
        4,
    ),
    "own class": ("class Gone(Exception): pass\nraise Gone('x: y')\n", "Gone", "x: y", 2),
    "recursion": (
        "def f():\n    f()\nf()\n",
        "RecursionError",
        "maximum recursion depth exceeded",
        2,
    ),
    "syntax": ("x = 1\ny = (1,\n", "SyntaxError", "'(' was never closed", 2),
    "indentation": ("if 1:\nx = 1\n", "IndentationError", None, 2),
    "missing module": (
        "import there_is_no_such_module\n",
        "ModuleNotFoundError",
        "No module named 'there_is_no_such_module'",
        1,
    ),
    "system exit text": ("import json\njson.loads('{')\n", "json.decoder.JSONDecodeError", None, 2),
}


def told(text: str) -> list[Failure]:
    return list(distil(text.encode().split(b"\n")).failures)


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_what_python_itself_prints(name: str, tmp_path: Path) -> None:
    source, error_type, message, line = PROGRAMS[name]
    program = tmp_path / "program.py"
    program.write_text(source, encoding="utf-8")
    # S603 is off in tests: the interpreter runs a file that this test wrote.
    run = subprocess.run([sys.executable, str(program)], capture_output=True, text=True)
    (failure,) = told("before\n" + run.stderr + "after\n")
    assert failure.error_type == error_type
    assert message is None or failure.message == message
    ours = [frame for frame in failure.frames if frame.file == str(program)]
    if error_type not in ("SyntaxError", "IndentationError"):
        assert ours[-1].line == line
    if "decoder" not in error_type:
        assert (failure.file, failure.line) == (str(program), line)


def test_every_frame_of_a_chain_is_kept_and_the_last_exception_counts() -> None:
    (failure,) = told(
        "Traceback (most recent call last):\n"
        '  File "/w/db.py", line 3, in read\n    x()\n'
        "KeyError: 'a'\n\n"
        "The above exception was the direct cause of the following exception:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/w/main.py", line 9, in <module>\n    read()\n'
        '  File "/w/db.py", line 5, in read\n    raise Gone from e\n'
        "db.Gone: no row\n"
    )
    assert failure.error_type == "db.Gone"
    assert [(f.file, f.line) for f in failure.frames] == [
        ("/w/db.py", 3),
        ("/w/main.py", 9),
        ("/w/db.py", 5),
    ]
    assert (failure.file, failure.line) == ("/w/db.py", 5)


def test_where_it_broke_is_our_code_not_the_librarys() -> None:
    (failure,) = told(
        "Traceback (most recent call last):\n"
        '  File "/home/runner/work/shop/shop/src/main.py", line 9, in go\n    get()\n'
        '  File "/opt/x/lib/python3.11/site-packages/requests/api.py", line 70, in get\n    y\n'
        "requests.exceptions.ConnectionError: no route\n"
    )
    assert (failure.file, failure.line) == ("src/main.py", 9)
    assert failure.frames[-1].file.endswith("requests/api.py")


def test_a_prefix_on_every_line_is_taken_off() -> None:
    (failure,) = told(
        "web_1  | Traceback (most recent call last):\n"
        'web_1  |   File "/app/main.py", line 3, in <module>\n'
        "web_1  |     go()\n"
        "web_1  | ValueError: no\n"
    )
    assert (failure.error_type, failure.message, failure.file) == (
        "ValueError",
        "no",
        "/app/main.py",
    )


def test_a_group_is_one_failure() -> None:
    (failure,) = told(
        "  + Exception Group Traceback (most recent call last):\n"
        '  |   File "/w/a.py", line 1, in <module>\n'
        "  |     raise x\n"
        "  | ExceptionGroup: two (2 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
        "    | Traceback (most recent call last):\n"
        '    |   File "/w/b.py", line 2, in f\n'
        "    | ValueError: one\n"
        "    +---------------- 2 ----------------\n"
        "    | TypeError: two\n"
        "    +------------------------------------\n"
        "done\n"
    )
    assert (failure.error_type, failure.file) == ("ExceptionGroup", "/w/a.py")
    assert "TypeError: two" in failure.excerpt


def test_the_same_traceback_twice_is_one_failure() -> None:
    text = 'Traceback (most recent call last):\n  File "/w/a.py", line 1, in f\nKeyError: 1\n\n'
    assert len(told(text * 3)) == 1


def test_logged_tracebacks_do_not_count_beside_failed_tests() -> None:
    text = 'Traceback (most recent call last):\n  File "/w/a.py", line 1, in f\nKeyError: 1\n\n'
    found = told(text + "FAILED tests/test_a.py::test_b - ValueError: no\n")
    assert [f.node_id for f in found] == ["tests/test_a.py::test_b"]


HEAD = "=" * 70
RULE = "-" * 70
BODY = (
    "Traceback (most recent call last):\n"
    '  File "/home/runner/work/shop/shop/src/tests/test_cart.py", line 8, in test_total\n'
    "    self.assertEqual(1, 2)\n"
    "AssertionError: 1 != 2\n"
)
NAMES = {
    "FAIL: test_total (tests.test_cart.TestCart.test_total)": "src/tests/test_cart.py::TestCart::test_total",
    "FAIL: test_total (tests.test_cart.TestCart)": "src/tests/test_cart.py::TestCart::test_total",
    "ERROR: test_total (tests.test_cart.TestCart) (i=1)": "src/tests/test_cart.py::TestCart::test_total",
    "FAIL: test_total (tests.test_cart.TestCart.test_total) [a row] (i=1)": (
        "src/tests/test_cart.py::TestCart::test_total"
    ),
    "ERROR: setUpModule (tests.test_cart)": "src/tests/test_cart.py",
    "ERROR: tearDownClass (tests.test_cart.TestCart)": "src/tests/test_cart.py::TestCart",
}


@pytest.mark.parametrize("head", sorted(NAMES))
def test_unittest_names_become_node_ids(head: str) -> None:
    (failure,) = told(
        f"{HEAD}\n{head}\nA docstring.\n{RULE}\n{BODY}\n{RULE}\nRan 3 tests in 0.1s\n"
    )
    assert failure.framework == "unittest"
    assert failure.node_id == NAMES[head]
    assert (failure.error_type, failure.message) == ("AssertionError", "1 != 2")
    assert (failure.file, failure.line) == ("src/tests/test_cart.py", 8)


def test_an_old_failed_import() -> None:
    (failure,) = told(
        f"{HEAD}\nERROR: tests.test_cart (unittest.loader._FailedTest)\n{RULE}\n"
        "ImportError: Failed to import test module: tests.test_cart\n"
        "Traceback (most recent call last):\n"
        '  File "/w/tests/test_cart.py", line 1, in <module>\n    import gone\n'
        "ModuleNotFoundError: No module named 'gone'\n\n\n"
        f"{RULE}\nRan 1 test in 0.000s\n"
    )
    assert (failure.kind, failure.error_type) == ("collection", "ModuleNotFoundError")
    assert failure.node_id == "tests/test_cart.py"
