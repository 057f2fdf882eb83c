"""A comment becomes words and an address; whatever is in it, the contract takes it as a prompt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.hostile_inputs import HOSTILE

from improve.contract import check_request
from improve.contract.command_comment import MOST, read_command

RUN = "https://github.com/acme/shop/actions/runs/7"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("/auto-fix", ""),
        ("  /auto-fix  ", ""),
        ("/auto-fix look at the clock", "look at the clock"),
        ("/auto-fix\r\nline one\r\nline two", "line one\nline two"),
        ("/auto-fix see https://example.com/a first", "see https://example.com/a first"),
        (f"/auto-fix ({RUN}/job/3), please", "(), please"),
        ("/auto-fix \x1b[31mred\u202e\u200b", "[31mred"),
    ],
)
def test_the_words_go_on(body: str, words: str) -> None:
    found = read_command(body)
    assert found is not None and found.words == words


@pytest.mark.parametrize(
    "body", ["", "/auto-fixx", "x /auto-fix", "/Auto-Fix", "//auto-fix", "\n\n/x"]
)
def test_others_are_no_commands(body: str) -> None:
    assert read_command(body) is None


def test_the_first_address_of_a_run_counts() -> None:
    found = read_command(f"/auto-fix https://example.com {RUN}/attempts/2. and {RUN}8")
    assert found is not None and found.run is not None
    assert (found.run.repo, found.run.run, found.run.attempt) == ("shop", 7, 2)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_a_prompt(text: str) -> None:
    found = read_command(f"/auto-fix {text}")
    assert found is not None and len(found.words) <= MOST
    check_request({"deterministic": True, "prompt": found.words or "x", "check": "make"})


@given(st.text(max_size=300))
def test_any_words_are_a_prompt(text: str) -> None:
    found = read_command(f"/auto-fix {text}")
    if found is not None and found.words:
        check_request({"deterministic": True, "prompt": found.words, "check": "make"})
