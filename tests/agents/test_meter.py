"""Money is counted by us, on disk, and the limits are hard."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve.agents.meter import Caps, Meter
from improve.agents.prices import priced
from improve.errors import OutOfBudget
from improve.ledger import NAME, set_aside, spendings
from improve.records.usage import Usage

MILLION = 1_000_000


def usage(**tokens: int) -> Usage:
    return Usage(model="claude-sonnet-5-5", **tokens)


def meter(run: Path, purpose: str = "attempt 1", **caps: float) -> Meter:
    tokens = caps.get("tokens")
    return Meter(run, purpose, "claude", Caps(caps.get("usd"), int(tokens) if tokens else None))


@pytest.mark.parametrize(
    ("tokens", "usd"),
    [
        ({"input_tokens": MILLION}, 2.0),
        ({"output_tokens": MILLION}, 10.0),
        ({"cache_read_tokens": MILLION}, 0.2),
        ({"cache_write_tokens": MILLION}, 2.5),
        ({"input_tokens": 1000, "output_tokens": 500, "cache_read_tokens": 20_000}, 0.011),
    ],
)
def test_each_kind_of_token_has_its_price(tokens: dict[str, int], usd: float) -> None:
    found = priced(usage(**tokens))
    assert found.usd == pytest.approx(usd)
    assert found.priced == "2026-11-20"


def test_a_dated_name_has_the_price_of_its_model_and_an_unknown_one_the_dearest() -> None:
    dated = Usage(model="claude-sonnet-4-5-20250929", input_tokens=MILLION)
    assert priced(dated).usd == pytest.approx(3.0) and priced(dated).priced
    unknown = priced(Usage(model="house-model-9", input_tokens=MILLION, output_tokens=MILLION))
    assert (unknown.usd, unknown.priced) == (pytest.approx(60.0), "")


def test_a_limit_in_dollars_stops_at_the_answer_that_reaches_it(tmp_path: Path) -> None:
    one = meter(tmp_path, usd=1.0)
    one.add(usage(output_tokens=60_000))
    assert one.exhausted() == ""
    with pytest.raises(OutOfBudget, match=r"limit of 1.00 USD is reached \(1.20 were used\)"):
        one.add(usage(output_tokens=60_000))
    assert len(spendings(tmp_path)) == 2, "what was used counts, also the last of it"


def test_the_limit_is_the_runs_and_holds_for_every_later_meter(tmp_path: Path) -> None:
    with pytest.raises(OutOfBudget):
        meter(tmp_path, usd=0.5).add(usage(output_tokens=60_000))
    with pytest.raises(OutOfBudget):
        meter(tmp_path, "attempt 2", usd=0.5).check()
    meter(tmp_path, "attempt 2", usd=0.7).check()


def test_a_limit_in_tokens_counts_all_kinds(tmp_path: Path) -> None:
    one = meter(tmp_path, tokens=1000)
    one.add(usage(input_tokens=400, cache_read_tokens=500))
    with pytest.raises(OutOfBudget, match="1000 tokens is reached"):
        one.add(usage(output_tokens=100))


def test_what_one_attempt_used_is_told_a_model_each(tmp_path: Path) -> None:
    one, other = meter(tmp_path), meter(tmp_path, "attempt 2")
    one.add(usage(input_tokens=10))
    other.add(usage(input_tokens=1000))
    one.add(usage(output_tokens=5))
    one.add(Usage(model="gpt-6.1-sol", input_tokens=7))
    first, second = one.spent()
    assert (first.model, first.requests, first.tokens) == ("claude-sonnet-5-5", 2, 15)
    assert (second.model, second.tokens) == ("gpt-6.1-sol", 7)


def test_a_line_that_a_crash_cut_short_is_left_out_alone(tmp_path: Path) -> None:
    meter(tmp_path).add(usage(input_tokens=10))
    with (tmp_path / NAME).open("ab") as ledger:
        ledger.write(b'{"purpose": "attempt 1", "agent": "cla')
    assert len(spendings(tmp_path)) == 1
    meter(tmp_path).add(usage(input_tokens=20))
    assert [one.usage.input_tokens for one in spendings(tmp_path)] == [10, 20], (
        "glued to the cut line"
    )


def test_what_is_made_anew_is_not_charged_again_and_the_limit_still_counts_it(
    tmp_path: Path,
) -> None:
    meter(tmp_path).add(usage(output_tokens=60_000))
    meter(tmp_path, "reproduction by claude").add(usage(input_tokens=7))
    set_aside(tmp_path, ("attempt ", "question "))
    assert meter(tmp_path).spent() == (), (
        "an attempt made anew would be taken for an interrupted one"
    )
    assert meter(tmp_path, "reproduction by claude").spent()[0].tokens == 7
    assert meter(tmp_path, usd=0.5).exhausted(), "what was set aside was paid all the same"
    meter(tmp_path).add(usage(input_tokens=1))
    assert meter(tmp_path).spent()[0].tokens == 1
