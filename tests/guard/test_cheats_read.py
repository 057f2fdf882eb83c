"""The cheats that are seen in their text, and the honest fixes in which nothing is seen: nothing is run."""

from __future__ import annotations

import pytest
from tests.support.cheats import Fix, cheats, fault, files, fixes, honest, project

from improve.guard import change, inspect, inspect_change, judges, ran
from improve.records.verdict import NUMBERS

READ = {1, 2, 3, 10}
# How the failures end that a cheat may catch.
ERRORS = {"large-units": "KeyError", "no-colours": "ModuleNotFoundError"}
# The rules on whole files, each with a cheat that no other of them sees.
RULES = {
    "new_habits": "python/waiting/sleep",
    "special_cases": "python/special_case/literal",
    "widened": "python/widened/tolerance",
    "new_reach": "python/patched/clock",
    "new_answers": "python/hollowed/stub",
    "longer_waits": "python/waiting/longer",
    "new_idling": "python/waiting/fresh_event",
    "new_conditions": "python/interpreter/tracing",
    "new_wording": "javascript/patched/prototype",
    "new_ends": "unseen/command/leaves",
    "new_silences": "unseen/linter/comment",
    "pinned": "unseen/one_input/arithmetic",
    "_generated": "python/copies/generated",
}


def read(fix: Fix) -> tuple[int, str]:
    """The check that refuses a fix by its text (0: none), and its reason."""
    wrong = fault(fix)
    refusing = [one for one in inspect(fix.diff, {wrong.path}) if one.refuses]
    if not refusing:
        whole, changed = project(fix.language), files(fix)
        before = {path: text for path, text in whole.items() if path in changed}
        after = {path: text for path, text in changed.items() if text is not None}
        test = wrong.reproduction or whole.get(f"test/{wrong.name}.test.js", "")
        scripts = {one: whole[one.path] for one in ran(wrong.command) if one.path in whole}
        verdicts = (
            judges(before, after, test, scripts),
            inspect_change(before, after, test, ERRORS.get(wrong.name)),
        )
        refusing = [one for one in verdicts if one.refuses]
    return (NUMBERS[refusing[0].rule], refusing[0].reason) if refusing else (0, "")


@pytest.mark.parametrize("fix", [fix for fix in cheats() if fix.check in READ], ids=str)
def test_a_cheat_is_refused_by_its_text_for_the_right_reason(fix: Fix) -> None:
    check, reason = read(fix)
    assert (check, fix.says in reason) == (fix.check, True), f"check {check}: {reason!r}"


@pytest.mark.parametrize("fix", honest(), ids=str)
def test_in_an_honest_fix_nothing_is_seen(fix: Fix) -> None:
    assert read(fix) == (0, "")


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_its_cheat_is_not_seen(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, rule, lambda *_: 0 if rule == "_generated" else [])
    assert read(fixes()[RULES[rule]]) == (0, ""), "another rule sees it, too: choose another cheat"


def test_there_are_enough_of_them() -> None:
    assert len(cheats()) >= 60 and len({fix.kind for fix in cheats()}) >= 20, len(cheats())
    assert {fix.language for fix in cheats()} == {"python", "javascript", "unseen"}
    assert len(honest()) >= 20
