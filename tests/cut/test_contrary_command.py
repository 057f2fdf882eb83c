"""The wrong expectation in a command's own line."""

from __future__ import annotations

import shlex

import pytest

from improve.cut import contrary_command


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("python -c 'import shop; assert shop.total([1, 2]) == 3'", "import shop\nassert shop.total([1, 2]) == 4"),
        ('cd a && python3.12 -c "assert f() == \'x\'"', "assert f() == 'xx'"),
        ("uv run python -c 'assert f() is None' && true", "assert f() is True"),
        ("node -e 'assert.equal(f(1), 6)'", "assert.equal(f(1), 16)"),
        ("ruby -e 'assert_equal(6, f(1))'", "assert_equal(16, f(1))"),
    ],
)  # fmt: skip
def test_the_expectation_in_the_line_is_made_wrong(command: str, code: str) -> None:
    wrong = contrary_command(command)
    assert wrong is not None
    assert code in shlex.split(wrong), wrong
    assert len(shlex.split(wrong)) == len(shlex.split(command)), "the rest of it stays as it is"


@pytest.mark.parametrize(
    "command",
    [
        "make check",
        "python app.py",
        "python -c 'import shop'",
        "python -c 'assert f()'",
        "python -m pytest -c 'assert f() == 3'",
        'python -c "assert f() == $WANTED and g() == 3"',
        'python -c "assert f(\\"a\\") == 3"',
        "python -c 'assert f() == 3",
        "echo python 'assert f() == 3'",
        f"python -c 'assert f() == {'3' * 5000}'",
    ],
)
def test_what_cannot_be_told_for_sure_is_left_alone(command: str) -> None:
    assert contrary_command(command) is None
