"""The order that failed, with the fix, and its control: without the fix it still fails."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.interpreter import interpreter

from improve.checks.check import Check
from improve.checks.proof_order import CONTROL, ORDER, order_steps
from improve.records import OrderDependence, TargetEnvironment

STATE = "SEEN = []\n"
TESTS = """\
import state


def test_fills():
    state.SEEN.append(1)


def test_victim():
    assert state.SEEN == []
"""
FIXED = TESTS.replace("    state.SEEN.append(1)", "    [*state.SEEN, 1]")
FILLS, VICTIM = "test_a.py::test_fills", "test_a.py::test_victim"


def ground(folder: Path, base: str, fixed: str, ids: list[str]) -> Any:
    """What a proof stands on, as far as an order asks for it; a tree is a folder with two files."""
    (folder / "failing-order.json").write_text(json.dumps(ids))
    place = TargetEnvironment(python=interpreter(), python_version="3", key="", source="found")
    order = OrderDependence(
        role="victim", victim=VICTIM, others=(FILLS,), order="the order of collection",
        recorded="failing-order.json",
    )  # fmt: skip

    def tree(name: str, patch: bytes, *, with_test: bool = True) -> Any:
        path = folder / name
        path.mkdir(exist_ok=True)
        (path / "state.py").write_text(STATE)
        (path / "test_a.py").write_text(fixed if patch else base)
        return SimpleNamespace(path=path)

    return SimpleNamespace(
        order=order, run=folder, tree=tree, check=Check(place, (VICTIM,)), suite_seconds=60.0,
        left=lambda: 120.0, seconds=lambda: 60.0, progress=lambda _text: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("base", "ids", "passed", "said"),
    [
        (TESTS, [FILLS, VICTIM], True, "without the fix the test fails in that order, 3 of 3 runs"),
        pytest.param(
            TESTS,
            ["test_gone.py::test_fills", VICTIM],
            False,
            "not shown: without the fix",
            marks=pytest.mark.nightly,
        ),
        (FIXED, [FILLS, VICTIM], False, "0 of 3 runs"),
    ],
    ids=["it fails", "its polluter is gone", "it never failed"],
)
def test_the_order_has_to_fail_without_the_fix(
    tmp_path: Path, base: str, ids: list[str], passed: bool, said: str
) -> None:
    steps = {one.rule: one for one in order_steps(ground(tmp_path, base, FIXED, ids), b"patch")}
    assert steps[ORDER].passed, steps[ORDER].reason
    control = steps[CONTROL]
    assert (control.passed, control.shown, said in control.reason) == (passed, passed, True), (
        control
    )


@pytest.mark.nightly
def test_without_the_fix_working_there_is_no_control(tmp_path: Path) -> None:
    steps = list(order_steps(ground(tmp_path, TESTS, TESTS, [FILLS, VICTIM]), b"patch"))
    assert [one.rule for one in steps if not one.passed] == [ORDER]
    assert CONTROL not in {one.rule for one in steps}
