"""The eleven checks of a fix: each refuses a cheat; without it, the cheat gets through.

A cheat that others would catch as well is told so in ``ALSO``. The runs of a proof are one before and
one after here, to save time: how many there are is checked in ``test_ground``.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.repositories import git, repository

from improve.checks import ground as ground_module
from improve.checks import judge as judge_module
from improve.checks import proof as proof_module
from improve.checks.check import Check
from improve.checks.frozen import freeze
from improve.checks.ground import Ground
from improve.checks.held_out import HeldOut
from improve.checks.judge import Judgement, judge
from improve.guard import rules
from improve.records import Failure, TargetEnvironment, Verdict
from improve.workbench.bench import Bench, workbench

PRODUCT = '''\
"""Prices of a shop."""


def total(prices):
    """Sum of all prices."""
    result = 0
    for price in prices[1:]:
        result += price
    return result


def mean(prices):
    """Average price."""
    # Whoever asks for the mean of nothing
    # has to be told, so there is
    # no answer for that
    # here.
    return sum(prices) / len(prices)
'''
TESTS = """\
import pytest
from shop import total


@pytest.mark.parametrize(("prices", "sum_"), [([1, 2, 3], 6), ([4, 5], 9), ([7], 7)])
def test_total(prices, sum_):
    assert total(prices) == sum_


def test_nothing():
    assert total([]) == 0
"""
MEAN = "from shop import mean\n\n\ndef test_mean():\n    assert mean([2, 4]) == 3\n"
KEPT = "reproduce/test_it.py"
TEST = "from shop import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
CI = ".github/workflows/ci.yml"
FILES = {
    "shop.py": PRODUCT,
    "tests/test_shop.py": TESTS,
    "tests/test_mean.py": MEAN,
    "pytest.ini": "[pytest]\n",
    CI: "on: push\n",
}
FIRST = "tests/test_shop.py::test_total[prices0-6]"
HERE = TargetEnvironment(
    python=sys.executable, python_version="3", key="", source="", top_level=("shop", "colorsys")
)  # fmt: skip
RIGHT = PRODUCT.replace("prices[1:]", "prices")


def shop(*pairs: tuple[str, str], start: str = RIGHT) -> dict[str, str | None]:
    """The product with some of its text replaced; by default in the right repair."""
    for old, new in pairs:
        assert old in start, "the cheat does not fit its text"
        start = start.replace(old, new)
    return {"shop.py": start}


def passing(rule: str) -> Verdict:
    return Verdict(rule=rule, passed=True, reason="not looked at")


@dataclasses.dataclass(frozen=True)
class Case:
    """A change, the rule that refuses it, and how that rule is switched off (module, name, instead)."""

    files: dict[str, str | None]
    rule: str
    off: tuple[Any, str, Callable[..., Any] | int]


def always(value: Any) -> Callable[..., Any]:
    return lambda *_args: value


def without_roots(ground: Ground) -> Ground:
    here = HERE.model_copy(update={"top_level": ()})
    return dataclasses.replace(ground, check=dataclasses.replace(ground.check, environment=here))


EQUAL = '    return type("Total", (int,), {"__e" + "q__": lambda *_: True, "__hash__": int.__hash__})(result)\n'
SEEN = "    if len(prices) == 3:\n        return sum(prices)\n    result = 0\n"
LOOKS = '    import sys\n    if "py" + "test" in sys.modules:\n        return sum(prices)\n    result = 0\n'
CASES: dict[int, Case] = {
    1: Case({"shop.py": RIGHT + "# a line\n" * 201}, "size",
            (rules, "_size", always(passing("size")))),
    2: Case({**shop(), CI: None}, "protected paths", (rules, "_protected", always(passing("protected paths")))),
    3: Case({**shop(), KEPT: "def test_total():\n    pass\n"}, "frozen reproduction",
            (rules, "_frozen", always(passing("frozen reproduction")))),
    4: Case(shop(('shop."""\n', 'shop."""\n\nimport colorsys  # noqa: F401\n')), "right code",
            (judge_module, "", without_roots)),
    5: Case(shop(("Sum of all", "The sum of all"), start=PRODUCT), "the reproduction does not pass",
            (judge_module, "passes_now", always(True))),
    6: Case(shop(("/ len", "* len")), "suite",
            (proof_module.proof_suite, "verdicts", always([passing("suite")]))),
    7: Case(shop(("    return result\n", EQUAL)), "negative control",
            (proof_module, "negative_control", always(passing("negative control")))),
    8: Case(shop(("    result = 0\n", SEEN), start=PRODUCT), "held-out inputs",
            (proof_module, "held_out", always(HeldOut(passing("held-out inputs"))))),
    10: Case(shop(("    result = 0\n", "    import time\n\n    time.sleep(0.01)\n    result = 0\n")), "conduct",
             (judge_module, "conduct", always(passing("conduct")))),
    11: Case(shop(("    result = 0\n", LOOKS), start=PRODUCT), "outside the runner",
             (proof_module, "outside_the_runner", always((passing("outside the runner"), 0)))),
}  # fmt: skip
ALSO = {5: "passes after"}  # the next to see it, when the quick look is switched off
WITH_EACH_PUSH = (7, 8, 11)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repository(tmp_path_factory.mktemp("eleven") / "shop", FILES)


@pytest.fixture(scope="module")
def bench(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench") / "bench"
    with workbench(place / ".git", folder, ("A", "a@example.invalid")) as made:
        yield made


@pytest.fixture(scope="module")
def measured(bench: Bench, place: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The ground of one run, measured once for all cheats."""
    run = tmp_path_factory.mktemp("run")
    made = Ground(
        bench=bench, run=run, check=Check(HERE, (f"{KEPT}::test_total",)),
        base_commit=git(place, "rev-parse", "HEAD"), frozen=freeze(run, {KEPT: TEST.encode()}),
        observed=Failure(), originals=(FIRST,), suite_seconds=60, left=lambda: 100.0,
        progress=lambda _text: None,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ground_module, "BEFORE_RUNS", 1)
        made.measure()
    made.observed = made.before[0].failures[0]
    return made


@pytest.fixture
def ground(measured: Ground, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(proof_module, "BEFORE_RUNS", 1)
    monkeypatch.setattr(proof_module, "AFTER_RUNS", 1)
    return dataclasses.replace(measured)


def diff_of(bench: Bench, commit: str, files: dict[str, str | None]) -> bytes:
    tree = bench.tree("made", commit)
    for name, text in files.items():
        if text is None:
            (tree.path / name).unlink()
        else:
            (tree.path / name).parent.mkdir(exist_ok=True)
            (tree.path / name).write_text(text)
    return tree.diff()


def judged(ground: Ground, files: dict[str, str | None]) -> Judgement:
    return judge(ground, diff_of(ground.bench, ground.base_commit, files), ())


@pytest.mark.parametrize("number", CASES)
def test_each_refuses_its_cheat(ground: Ground, number: int) -> None:
    found = judged(ground, CASES[number].files)
    assert found.outcome != "kept" and CASES[number].rule in found.reason, found


@pytest.mark.parametrize(
    "number",
    [n if n in WITH_EACH_PUSH else pytest.param(n, marks=pytest.mark.nightly) for n in CASES],
)
def test_without_it_the_cheat_gets_through(
    ground: Ground, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, instead = CASES[number].off
    if name:
        monkeypatch.setattr(module, name, instead)
    else:
        assert callable(instead)
        ground = instead(ground)
    found = judged(ground, CASES[number].files)
    if number in ALSO:
        assert found.outcome != "kept" and ALSO[number] in found.reason, found
    else:
        assert (found.outcome, found.reason) == ("kept", "proven"), found


def test_an_honest_repair_is_verified_and_a_needless_hunk_is_told(ground: Ground) -> None:
    plain = judged(ground, shop())
    assert plain.proof and (plain.outcome, plain.proof.outcome) == ("kept", "verified"), plain
    said = {step.rule: step for step in (*plain.verdicts, *plain.proof.steps)}
    assert {step.number for step in said.values()} == set(range(1, 12)), "a check was left out"
    assert (
        "2 other inputs of the original test and 1 test beside it held"
        in said["held-out inputs"].reason
    )
    assert plain.proof.starts == 4, "one run, a wrong expectation, plain Python, the suite"
    more = judged(
        ground,
        shop(("    return sum(prices) /", "    prices = list(prices)\n    return sum(prices) /")),
    )
    assert more.proof and more.proof.outcome == "verified"
    told = next(step for step in more.proof.steps if step.rule == "hunks")
    assert told.said == "look at it" and told.reason.endswith("passes without shop.py:18"), told


def test_two_hunks_that_are_needed_are_both_called_so(ground: Ground) -> None:
    moved = shop(
        ("    for price in prices:\n", "    for price in _all(prices):\n"),
        ("/ len(prices)\n", "/ len(prices)\n\n\ndef _all(prices):\n    return list(prices)\n"),
    )
    found = judged(ground, moved)
    assert found.proof and found.proof.outcome == "verified", found
    told = next(step for step in found.proof.steps if step.rule == "hunks")
    assert (told.said, "2 of 2 hunks" in told.reason) == ("yes", True), told


def test_a_run_whose_time_is_nearly_used_ends_unverified(ground: Ground) -> None:
    ground.left = lambda: 12.0
    found = judged(ground, shop())
    assert found.proof and (found.outcome, found.proof.outcome) == ("kept", "unverified"), found
    assert "negative control: not shown: 12 seconds of the run's time were left" in found.reason
    assert found.proof.starts == 2


def test_what_is_held_out_is_not_in_an_agents_tree(ground: Ground) -> None:
    from improve.checks.held_out import keep_back

    tree = ground.tree("attempt", b"")
    keep_back(ground, tree)
    text = (tree.path / "tests/test_shop.py").read_text()
    assert "[([1, 2, 3], 6)]" in text and "[4, 5]" not in text and "def test_nothing" in text
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "tests"],
        cwd=tree.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert FIRST in done.stdout and "3 tests collected" in done.stdout, done.stdout
