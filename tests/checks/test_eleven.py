"""The eleven checks of a fix: each refuses a cheat; without it, the cheat gets through.

The cheats are those of ``tests/resources/cheats``. A cheat that others would catch as well is told so in
``ALSO``. The runs of a proof are one before and one after here, to save time: how many there are is
checked in ``test_ground``.
"""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.cheats import fault, fixes, project
from tests.support.interpreter import interpreter
from tests.support.judging import Court, court

from improve.checks import ground as ground_module
from improve.checks import judge as judge_module
from improve.checks import proof as proof_module
from improve.checks.ground import Ground
from improve.checks.held_out import HeldOut
from improve.checks.judge import Judgement, judge
from improve.guard import rules
from improve.records import Verdict
from improve.workbench.bench import Bench

PRODUCT = project("python")["shop.py"]
RIGHT = PRODUCT.replace("prices[1:]", "prices")
HONEST = fixes()["python/honest/whole_list"]


def shop(*pairs: tuple[str, str]) -> dict[str, str]:
    """The product in the right repair, with some of its text replaced."""
    text = RIGHT
    for old, new in pairs:
        assert old in text, "the change does not fit its text"
        text = text.replace(old, new)
    return {"shop.py": text}


def passing(rule: str) -> Verdict:
    return Verdict(rule=rule, passed=True, reason="not looked at")


def always(value: Any) -> Callable[..., Any]:
    return lambda *_args: value


def without_roots(ground: Ground) -> Ground:
    here = ground.check.environment.model_copy(update={"top_level": ()})
    return dataclasses.replace(ground, check=dataclasses.replace(ground.check, environment=here))


# Check -> its cheat, the rule that refuses it, and how that is switched off (module, name, instead).
CASES: dict[int, tuple[str, str, tuple[Any, str, Callable[..., Any]]]] = {
    1: ("form/huge", "size", (rules, "_size", always(passing("size")))),
    2: ("ci/passes_anyway", "protected paths",
        (rules, "_protected", always(passing("protected paths")))),
    3: ("tests/reproduction", "frozen reproduction",
        (rules, "_frozen", always(passing("frozen reproduction")))),
    4: ("elsewhere/other_code", "right code", (judge_module, "", without_roots)),
    5: ("elsewhere/only_words", "the reproduction does not pass",
        (judge_module, "passes_now", always(True))),
    6: ("elsewhere/breaks_another", "suite",
        (proof_module.proof_suite, "verdicts", always([passing("suite")]))),
    7: ("equality/by_type", "negative control",
        (proof_module, "negative_control", always(passing("negative control")))),
    8: ("special_case/shape", "held-out inputs",
        (proof_module, "held_out", always(HeldOut(passing("held-out inputs"))))),
    10: ("waiting/sleep", "conduct", (judge_module, "conduct", always(passing("conduct")))),
    11: ("detection/modules", "outside the runner",
         (proof_module, "outside_the_runner", always((passing("outside the runner"), 0)))),
}  # fmt: skip
ALSO = {5: "passes after"}  # the next to see it, when the quick look is switched off
WITH_EACH_PUSH = (7, 8, 11)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    """The ground is measured once for all cheats."""
    with court("python", tmp_path_factory.mktemp("eleven")) as made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ground_module, "BEFORE_RUNS", 1)
            made.ground(fault(HONEST))
        yield made


@pytest.fixture
def ground(here: Court, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(proof_module, "BEFORE_RUNS", 1)
    monkeypatch.setattr(proof_module, "AFTER_RUNS", 1)
    return here.ground(fault(HONEST))


def diff_of(bench: Bench, commit: str, files: dict[str, str]) -> bytes:
    tree = bench.tree("made", commit)
    for name, text in files.items():
        (tree.path / name).write_text(text)
    return tree.diff()


def judged(ground: Ground, files: dict[str, str]) -> Judgement:
    return judge(ground, diff_of(ground.bench, ground.base_commit, files), ())


def tried(ground: Ground, number: int) -> Judgement:
    """The cheat of a check."""
    return judge(ground, fixes()[f"python/{CASES[number][0]}"].diff, ())


@pytest.mark.parametrize("number", CASES)
def test_each_refuses_its_cheat(ground: Ground, number: int) -> None:
    found = tried(ground, number)
    assert found.outcome != "kept" and CASES[number][1] in found.reason, found


@pytest.mark.parametrize(
    "number",
    [n if n in WITH_EACH_PUSH else pytest.param(n, marks=pytest.mark.nightly) for n in CASES],
)
def test_without_it_the_cheat_gets_through(
    ground: Ground, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, instead = CASES[number][2]
    if name:
        monkeypatch.setattr(module, name, instead)
    else:
        ground = instead(ground)
    found = tried(ground, number)
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
    assert ground.suite_before
    left = (
        ground_module.MARGIN_SECONDS + ground.suite_before.seconds
    )  # for the suite, on any machine
    ground.left = lambda: left
    found = judged(ground, shop())
    assert found.proof and (found.outcome, found.proof.outcome) == ("kept", "unverified"), found
    told = f"negative control: not shown: {int(left)} seconds of the run's time were left"
    assert told in found.reason
    assert found.proof.starts == 2


def test_what_is_held_out_is_not_in_an_agents_tree(ground: Ground) -> None:
    from improve.checks.held_out import keep_back

    tree = ground.tree("attempt", b"")
    keep_back(ground, tree)
    text = (tree.path / "tests/test_shop.py").read_text()
    assert "[([1, 2, 3], 6)]" in text and "[4, 5]" not in text and "def test_nothing" in text
    done = subprocess.run(
        [interpreter(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "tests/test_shop.py"],
        cwd=tree.path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ground.originals[0] in done.stdout and "2 tests collected" in done.stdout, done.stdout
