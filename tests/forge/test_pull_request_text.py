"""What GitHub shows of a pull-request file."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improve.forge.pull_request_text import CUT, MOST, body_of

HEAD = '---\ntitle: "x"\n---\n'


def test_front_matter_is_left_out_and_rules_stay() -> None:
    assert body_of(f"{HEAD}## A\n\n---\n\nB\n") == "## A\n\n---\n\nB\n"
    assert body_of("no front matter\n---\n") == "no front matter\n---\n"


@given(st.lists(st.sampled_from(["```text", "```", "````", "a" * 900, "`" * 700, "x ```", ""])))
def test_a_cut_text_fits_and_leaves_no_block_open(parts: list[str]) -> None:
    lines = [*parts, *["word " * 100] * 150]
    body = body_of(HEAD + "\n".join(lines))
    assert len(body) <= MOST and body.endswith(f"\n\n{CUT}\n")
    fence = 0
    for line in body.splitlines():
        ticks = len(line) - len(line.lstrip("`"))
        if not fence and ticks >= 3 and "`" not in line[ticks:]:
            fence = ticks
        elif fence and ticks >= fence and not line.strip("`"):
            fence = 0
    assert not fence, "the closing sentence is inside a code block"


def test_one_endless_line_is_cut_too() -> None:
    assert len(body_of("`" * 200_000)) <= MOST and len(body_of("a" * 200_000)) <= MOST
