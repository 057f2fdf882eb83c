"""The bisection asks O(log n) questions, whoever pollutes, cleans up or fails by luck."""

from __future__ import annotations

import importlib.util
import itertools
import math
import random
from collections.abc import Callable, Sequence
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improve.checks.pytest_check import INSIDE


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("search", INSIDE / "improve_order_search.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


search = _loaded()
Part = Sequence[int]


class Asked:
    """An answer with the number of times that it was asked for."""

    def __init__(self, answer: Callable[[Part], bool]) -> None:
        self.answer, self.count = answer, 0

    def __call__(self, part: Part) -> bool:
        self.count += 1
        return self.answer(part)


def after_the_last(part: Part, polluters: set[int], cleaners: set[int]) -> bool:
    """Whether the state is dirty at the end."""
    dirty = False
    for one in part:
        dirty = one in polluters or (dirty and one not in cleaners)
    return dirty


@pytest.mark.parametrize("tests", [1, 2, 3, 200, 2000])
def test_one_polluter_takes_log_n_runs(tests: int) -> None:
    for polluter in range(0, tests, max(1, tests // 40)):
        asked = Asked(lambda part, polluter=polluter: polluter in part)  # type: ignore[misc]
        assert search.shortest(list(range(tests)), asked) == [polluter]
        assert asked.count <= math.ceil(math.log2(tests)) + 1, polluter


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_polluters_among_cleaners_are_found(data: st.DataObject) -> None:
    tests = data.draw(st.integers(1, 120))
    kinds = data.draw(st.lists(st.sampled_from("pc....."), min_size=tests, max_size=tests))
    polluters = {i for i, kind in enumerate(kinds) if kind == "p"}
    cleaners = {i for i, kind in enumerate(kinds) if kind == "c"}
    whole = list(range(tests))
    asked = Asked(lambda part: after_the_last(part, polluters, cleaners))
    if not asked.answer(whole):
        return  # such an order shows nothing, and is not searched
    found = search.shortest(whole, asked)
    assert found is not None and len(found) == 1 and found[0] in polluters
    assert asked.count <= math.ceil(math.log2(tests)) + 1
    between = [one for one in whole if one not in polluters]
    one = search.cleaner(between, lambda part: not asked.answer([found[0], *part]))
    assert (one in cleaners) if cleaners else one is None


@given(st.integers(2, 400), st.data())
@settings(max_examples=80, deadline=None)
def test_several_that_are_needed_together(tests: int, data: st.DataObject) -> None:
    needed = data.draw(st.lists(st.integers(0, tests - 1), min_size=2, max_size=4, unique=True))
    asked = Asked(lambda part: set(needed) <= set(part))
    assert search.shortest(list(range(tests)), asked) == sorted(needed)
    assert asked.count <= (len(needed) + 1) * (math.ceil(math.log2(tests)) + 3)


def test_answers_that_contradict_each_other_end_in_none() -> None:
    draw = random.Random(3)
    for _ in range(50):
        found = search.shortest(list(range(64)), lambda part: draw.random() < 0.05)
        assert found is None or len(found) <= search.MOST_CULPRITS


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.9])
def test_a_victim_that_fails_by_luck_is_asked_often_enough(rate: float) -> None:
    draw = random.Random(7)
    times = search.repeats(round(rate * 10), 10)
    assert (1 - rate) ** times <= search.SURE * 4 and times <= search.MOST_REPEATS

    def fails(part: Part) -> bool:
        return any(77 in part and draw.random() < rate for _ in range(times))

    found = [search.shortest(list(range(500)), fails) for _ in range(40)]
    assert found.count([77]) >= 32, found


def test_orders_are_the_suite_with_nothing_lost_and_replayable() -> None:
    modules = [f"m{i // 3}" for i in range(12)]
    first = list(search.orders(12, 5, modules, 4))
    assert first == list(search.orders(12, 5, modules, 4))
    assert first[0] == ("the order of collection", [0, 1, 2, 3, 4])
    for name, before in first[1:]:
        assert sorted(before) == [i for i in range(12) if i != 5], name
    by_files = next(before for name, before in first if name.startswith("files"))
    files = [modules[i] for i in by_files]
    assert len([1 for a, b in itertools.pairwise(files) if a != b]) == 3, files
