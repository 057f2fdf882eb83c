"""The wrong expectation: made where the test surely comes by, and nowhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter

from improve.cut import contrary, is_one_test


def made(body: str, head: str = "") -> str | None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return contrary(f"{head}def test_it():\n{lines}", {"test_it"})


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("assert f() == 6", "f() == 7"),
        ("assert 6 == f()", "7 == f()"),
        ("assert f() == 'blue'", "'bluex'"),
        ("assert f() == [1, 2]", "[2, 2]"),
        ("assert f() == []", "['another']"),
        ("assert f() == {}", "{'another': 'another'}"),
        ("assert f() == True", "False"),
        ("assert f() == -1.5", "-4.0"),
        ("with open('x') as file:\n    assert file.read() == b'x'", "b'xx'"),
        (
            "with pytest.raises(ValueError):\n    assert f() == 6",
            "raises(type('Another', (Exception,), {})):\n        assert f() == 6",
        ),
        (
            "with pytest.warns(UserWarning, match='a'):\n    f()",
            "warns(type('Another', (Warning,), {}), match='a')",
        ),
        (
            "with self.assertRaises(KeyError) as seen:\n    f()",
            "assertRaises(type('Another', (Exception,), {}))",
        ),
        ("assert f() is None", "f() is True"),
        ("assert f() is True", "f() is False"),
        ("assert f() is False", "f() is True"),
        ("assert f() == pytest.approx(0.5)", "pytest.approx(2.0)"),
        ("self.assertEqual(f(), 3)", "assertEqual(f(), 4)"),
        ("assert g()\nassert f() == 6", "f() == 7"),
        ("want = 6\nassert f() == want", "f() == 7"),
        ("want = 'a'\nself.assertEqual(f(), want)", "assertEqual(f(), 'ax')"),
        ("def inner():\n    return 1\nassert f() == 6", "f() == 7"),
    ],
)
def test_a_literal_expectation_is_changed(body: str, wrong: str) -> None:
    source = made(body)
    assert source is not None and wrong in source, source


@pytest.mark.parametrize(
    "body",
    [
        "f()",
        "assert f()",
        "assert f() == g()",
        "assert f() != 6",
        "assert f() is not None",
        "assert f() is MISSING",
        "assert f() is 5",
        "assert f() == pytest.approx(10.0, abs=20)",
        "assert f() == pytest.approx(10)",
        "if slow:\n    assert f() == 6",
        "for one in f():\n    assert one == 6",
        "try:\n    f()\nexcept ValueError as error:\n    assert str(error) == 'x'",
        "with stopped(ValueError):\n    f()",
        "if slow:\n    with pytest.raises(ValueError):\n        f()",
        "with pytest.raises() as error:\n    assert f() == 6",
        "if slow:\n    return\nassert f() == 6",
        "return\nassert f() == 6",
        "want = [6]\nwant.append(7)\nassert f() == want",
        "want = 6\nwant = g()\nassert f() == want",
    ],
)
def test_what_may_not_be_reached_is_left_alone(body: str) -> None:
    assert made(body) is None


def test_only_the_reproductions_own_functions_are_changed() -> None:
    assert contrary("def test_other():\n    assert f() == 6\n", {"test_it"}) is None
    assert contrary("def test_it(:", {"test_it"}) is None


ALWAYS = "class Same(int):\n    def __eq__(self, other):\n        return True\n\n\ndef f():\n    return Same(5)\n"


@pytest.mark.parametrize(
    ("product", "passes"), [("def f():\n    return 6\n", False), (ALWAYS, True)]
)
def test_it_fails_on_an_honest_fix_and_passes_where_equality_lies(
    tmp_path: Path, product: str, passes: bool
) -> None:
    source = made("assert f() == 6", "from shop import f\n\n\n")
    assert source
    (tmp_path / "shop.py").write_text(product)
    (tmp_path / "test_it.py").write_text(source)
    done = subprocess.run(
        [interpreter(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is passes, done.stdout


@pytest.mark.parametrize(
    ("marks", "wrong"),
    [
        ('(("given", "want"), [([1, 2], 6)])', "f(given) == 7"),
        ('("given, want", [(1, 6)])', "f(given) == 7"),
        ('("want", [6])', "f(given) == 7"),
        ('("want", [pytest.param(6, id="six")])', "f(given) == 7"),
        ('("want", [6, 8])', None),
        ('("want", SETS)', None),
        ("(NAMES, [(1, 6)])", None),
        ('("want", [g()])', None),
    ],
)
def test_the_expectation_of_the_only_set_of_parameters_is_changed(
    marks: str, wrong: str | None
) -> None:
    source = (
        f"@pytest.mark.parametrize{marks}\ndef test_it(given, want):\n    assert f(given) == want\n"
    )
    found = contrary(source, {"test_it"})
    assert (found is None) if wrong is None else (wrong in (found or "")), found
    assert is_one_test(source, "test_it") is (wrong is not None or "g()" in marks)


def test_a_test_without_parameters_or_in_two_places_is_not_one_with_a_set() -> None:
    one = '@pytest.mark.parametrize("a", [1])\ndef test_it(a):\n    assert a == 1\n'
    assert is_one_test(one, "test_it")
    for source in (one + one, "def test_it():\n    pass\n", "def test_it(:"):
        assert not is_one_test(source, "test_it"), source
