"""Structured answers: prose around them is fine, a missing or unfit one is a failure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.agents.answers import NoAnswer, read_answer

SCHEMA = {
    "type": "object",
    "required": ["cause", "line"],
    "additionalProperties": False,
    "properties": {"cause": {"type": "string"}, "line": {"type": "integer"}},
}
GOOD = {"cause": "the bound is off by one", "line": 26}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"I looked at it.\n\n```json\n{json.dumps(GOOD, indent=2)}\n```\nThat is all.",
        f'{{"cause": 3}} was my first thought, but: {json.dumps(GOOD)}',
        f"set {{a, b}} {{{{ x }}}} {json.dumps(GOOD)}",
        "{" * 150 + json.dumps(GOOD),
    ],
)
def test_prose_around_the_answer_is_tolerated(text: str) -> None:
    assert read_answer(text, SCHEMA) == GOOD


def test_the_last_answer_that_fits_counts() -> None:
    second = {**GOOD, "line": 27}
    assert read_answer(json.dumps(GOOD) + " no, rather " + json.dumps(second), SCHEMA) == second


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON object"),
        ("I could not find it.", "no JSON object"),
        ('{"cause": "x"}', "'line' is a required property"),
        ('{"cause": "x", "line": "26"}', "$.line"),
        ('{"cause": "x", "line": 26, "extra": 1}', "extra"),
        ('{"cause": "x", "line": ', "no JSON object"),
        ('["cause", "line"]', "no JSON object"),
        ("{" * 100_000, "no JSON object"),
    ],
)
def test_a_missing_or_unfit_answer_is_a_failure(text: str, why: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        read_answer(text, SCHEMA)
    assert why in str(caught.value)


@given(
    before=st.text(max_size=200),
    after=st.text(alphabet=st.characters(blacklist_characters="{"), max_size=200),
)
def test_any_prose(before: str, after: str) -> None:
    assert read_answer(f"{before}\n{json.dumps(GOOD)}{after}", SCHEMA) == GOOD
