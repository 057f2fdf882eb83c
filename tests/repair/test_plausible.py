"""Changes that silence a failure are never proposed."""

from __future__ import annotations

import ast

import pytest

from improve.repair.plausible import weakens

CHEATS = {
    "a raise taken away": ("def f(x):\n    raise ValueError\n", "def f(x):\n    return x\n"),
    "an assertion taken away": (
        "def f(x):\n    assert x\n    return x\n",
        "def f(x):\n    return x\n",
    ),
    "a bare return": ("def f(x):\n    return x\n", "def f(x):\n    return\n"),
    "a pass": ("def f(x):\n    x()\n", "def f(x):\n    pass\n"),
    "a condition that is always false": ("if x:\n    y()\n", "if False:\n    y()\n"),
    "a silenced exception": (
        "try:\n    x()\nexcept OSError:\n    y()\n",
        "try:\n    x()\nexcept OSError:\n    continue\n",
    ),
    "a way out of the process": ("x()\n", "os._exit(0)\n"),
}


@pytest.mark.parametrize(("before", "after"), CHEATS.values(), ids=CHEATS)
def test_it_is_told(before: str, after: str) -> None:
    assert weakens(ast.parse(before), ast.parse(after))


def test_an_honest_change_is_let_through() -> None:
    before = ast.parse("def f(x):\n    if x < 1:\n        raise ValueError\n    return x\n")
    after = ast.parse("def f(x):\n    if x <= 1:\n        raise ValueError\n    return x\n")
    assert not weakens(before, after)
