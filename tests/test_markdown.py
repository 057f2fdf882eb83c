"""Untrusted text in Markdown keeps its letters and has no effect."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.support.github_reader import active, hidden, skeleton
from tests.support.hostile_inputs import HOSTILE

from improve.markdown import address, cell, code, fenced, plain, prose
from improve.visible import for_terminal, in_json, visible

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TABLE = "| a | b |\n| --- | --- |\n| {} | {} |\n"
WIDE = str.maketrans("\uff20\uff03\uff04\uff1a\uff5c\u2011", "@#$:|-")  # full-width signs
SIGNS = "`|\\@#$<>[]()*_~!&:-+=.1 \n\tahw/\x1b\u202e\u200b\U000e0041"


def shown(text: str) -> str:
    """The letters that a reader sees, a reader who takes full-width signs for narrow ones."""
    found = "".join(
        child.content for token in PARSER.parse(text) for child in token.children or [token]
    )
    return " ".join(found.translate(WIDE).split())


def letters(text: str) -> str:
    return " ".join(visible(text).translate(WIDE).split())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_each_form_keeps_the_letters(text: str) -> None:
    wanted = letters(text)
    if len(wanted) > 2000:
        wanted = wanted[:1997] + "..."
    assert shown(plain(text)) == shown(code(text)) == wanted
    assert " ".join(shown(fenced(text)).split()) == letters(text)
    assert shown(TABLE.format(cell(text), "b")) == f"ab{wanted}b"


@given(st.text(SIGNS, max_size=60) | st.text(max_size=60))
@example("a\\|b|c")
@example("```@octo/team fixes #1`")
@example("`` `@octo` ``")
@example("GH-1 www.x.y closes: #1")
def test_no_form_has_an_effect(text: str) -> None:
    for form in (plain, code, prose, address):
        line = f"Say {form(text)} so."
        assert active(line) == [] and skeleton(line) == skeleton("Say x so."), form
        assert not hidden(line)
        alone = form(text)
        if alone:
            assert skeleton(alone) == skeleton("x"), f"{form}: {alone!r}"
    block = fenced(text)
    assert skeleton(block) == ["fence code text"] and not hidden(block)


@given(st.text(SIGNS, min_size=1, max_size=40))
def test_no_text_leaves_its_cell(text: str) -> None:
    for form in (cell, plain):
        tokens = PARSER.parse(TABLE.format(form(text), "last"))
        cells = [token.content for token in tokens if token.type == "inline"]
        assert cells[-1] == "last" and len(cells) == 4, f"{form}: {cells}"


@given(st.text(SIGNS, max_size=40))
def test_what_is_printed_has_lines_and_nothing_else(text: str) -> None:
    printed = for_terminal(text)
    assert not hidden(printed) and for_terminal(printed) == printed
    assert not [line for line in printed.split("\n") if line.strip().startswith("::")]


@given(st.text(SIGNS, max_size=40))
def test_a_json_text_keeps_its_value(text: str) -> None:
    raw = json.dumps({"a": text}, ensure_ascii=False)
    assert json.loads(in_json(raw)) == {"a": text} and not hidden(in_json(raw))
