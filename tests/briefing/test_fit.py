"""A prompt keeps to its budget, the most useful first, and says what it left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improve.briefing import Part, fit, tokens

LINES = "\n".join(f"line {number}" for number in range(2000))


def test_everything_is_kept_when_it_fits() -> None:
    parts = (Part("a", "one"), Part("b", "two"), Part("empty", "  \n"))
    found = fit(parts, 1000)
    assert [part.title for part in found.parts] == ["a", "b"]
    assert (found.left_out, found.before) == ((), found.after)


def test_the_first_parts_win_and_the_others_are_named() -> None:
    found = fit((Part("first", LINES), Part("second", LINES)), 500)
    assert [part.title for part in found.parts] == ["first"]
    assert found.left_out == ("second",)
    assert found.after <= 500 < found.before


def test_what_may_not_be_cut_is_whole_wherever_it_stands() -> None:
    found = fit((Part("code", LINES), Part("failing tests", LINES, "whole")), 200)
    assert [part.title for part in found.parts] == ["failing tests"]
    assert found.parts[0].text == LINES


def test_a_cut_part_keeps_its_better_end_and_tells_how_much_is_gone() -> None:
    (head,) = fit((Part("a", LINES, "head"),), 300).parts
    assert head.text.startswith("line 0\n") and head.text.endswith("lines left out)")
    (tail,) = fit((Part("a", LINES, "tail"),), 300).parts
    assert tail.text.endswith("line 1999") and tail.text.startswith("... (")


def test_one_part_cannot_take_more_than_its_most() -> None:
    found = fit((Part("greedy", LINES, most=200), Part("modest", "x" * 90)), 5000)
    assert [part.title for part in found.parts] == ["greedy", "modest"]
    assert tokens(found.parts[0].text) <= 200


texts = st.text(max_size=3000)
kinds = st.sampled_from(["head", "tail"])


@given(st.lists(st.tuples(texts, kinds), max_size=6), st.integers(0, 3000))
def test_the_budget_holds_for_any_text(given: list[tuple[str, str]], budget: int) -> None:
    parts = [Part(f"p{at}", text, keep) for at, (text, keep) in enumerate(given)]  # type: ignore[arg-type]
    assert fit(parts, budget).after <= max(budget, 0)
