"""Each defence broken on purpose: the judge goes red. So the silence of ``test_inert`` means something."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.hostile.conftest import Judging, Open
from tests.support.github_reader import active, hidden, skeleton
from tests.support.hostile_doors import logged, told_by_github
from tests.support.hostile_inputs import HOSTILE
from tests.support.hostile_sinks import every_field_of

from improve import journal, markdown, progress, prompts, rundir
from improve.checks import pytest_check
from improve.cli import endings, phase
from improve.evidence import clean
from improve.forge import commit_text, developers, gh_answer
from improve.report import status

Patch = pytest.MonkeyPatch


def same(text: str, *_more: object, **_named: object) -> str:
    return text


def naive_fence(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```"


def naive_span(text: str) -> str:
    return f"`{text}`"


def without_filter(name: str, stand_in: Callable[..., str]) -> Callable[[Patch], None]:
    """A filter of the templates that does too little."""

    def break_it(patch: Patch) -> None:
        patch.setitem(prompts.FILTERS, name, stand_in)
        if hasattr(status, name):
            patch.setattr(status, name, stand_in)

    return break_it


def invisible_kept(patch: Patch) -> None:
    """Text is shown as it is."""
    for module in (markdown, commit_text, developers):
        patch.setattr(module, "visible", same)
    for room in (progress, endings, phase):
        patch.setattr(room, "for_terminal", same)
    for store in (rundir, journal):
        patch.setattr(store, "in_json", same)
    patch.setattr(pytest_check, "clean_text", same)


def attribute(module: object, name: str) -> Callable[[Patch], None]:
    return lambda patch: patch.setattr(module, name, same)


BROKEN: dict[str, tuple[Callable[[Patch], None], str, str, set[str]]] = {
    "a fence of three": (
        without_filter("fenced", naive_fence), "log", "markdown: fence", {"report", "prompt"}),
    "a span of one tick": (
        without_filter("code", naive_span), "test_id", "markdown: own backticks",
        {"report", "pull request", "readme", "next steps"},
    ),
    "no escapes in sentences": (
        without_filter("plain", same), "author", "markdown: mention", {"report", "pull request"}),
    "no escapes in prose": (
        without_filter("prose", same), "title", "markdown: closing number", {"report", "pull request"}),
    "math": (without_filter("plain", same), "names", "markdown: math", {"report"}),
    "blocks": (without_filter("plain", same), "names", "markdown: lists", {"report"}),
    "a commit's words": (
        attribute(commit_text, "inert"), "title", "markdown: closing number", {"commit"}),
    "CI kept from running": (attribute(commit_text, "inert"), "title", "workflow: skip ci", {"commit"}),
    "escapes": (invisible_kept, "test_id", "invisible: colours",
                {"report", "pull request", "readme", "prompt", "commit", "terminal"}),
    "direction": (invisible_kept, "test_id", "invisible: bidi",
                  {"report", "pull request", "readme", "prompt", "commit", "terminal", "files"}),
    "tags": (invisible_kept, "title", "invisible: tag characters", {"commit", "report", "files"}),
    "selectors": (invisible_kept, "author", "invisible: variation selectors", {"report", "files"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_defence_is_seen(
    name: str, door: Open, judging: Judging, monkeypatch: Patch
) -> None:
    break_it, through, kind, sinks = BROKEN[name]
    judge = judging(door(through)("honest"))
    assert judge.wrong(door(through)(HOSTILE[kind])) == [], "the control needs a whole defence"
    break_it(monkeypatch)
    prompts._environment.cache_clear()  # filters are bound when a template is first read
    try:
        wrong = judge.wrong(door(through)(HOSTILE[kind]))
    finally:
        prompts._environment.cache_clear()
    red = {one.partition(":")[0] for one in wrong}
    assert sinks <= red, f"{name}: {sinks - red} stayed green; red: {wrong[:20]}"


def test_a_verb_without_the_switch_prints_no_command(
    door: Open, judging: Judging, monkeypatch: Patch
) -> None:
    judge = judging(door("test_id")("honest"))
    came = door("test_id")(HOSTILE["workflow: several"])
    assert judge.wrong(came) == []
    monkeypatch.setattr(endings, "for_terminal", same)
    assert "terminal: command: ::error::planted" in judge.wrong(came)


def test_what_comes_in_unclean_is_seen(monkeypatch: Patch) -> None:
    text = HOSTILE["invisible: colours"]
    assert not hidden(logged(text).message) and not hidden(told_by_github(text).workflow)
    monkeypatch.setattr(clean, "strip_controls", same)
    monkeypatch.setattr(gh_answer, "strip_controls", same)
    assert hidden(logged(text).message) and hidden(told_by_github(text).workflow)


def test_an_address_that_is_none_is_seen(judging: Judging, monkeypatch: Patch) -> None:
    judge = judging(every_field_of("honest"))
    text = "https://evil.invalid/x> @octo <b>"
    assert judge.wrong_in(every_field_of(text)) == []
    without_filter("address", lambda text: f"<{text}>")(monkeypatch)
    prompts._environment.cache_clear()
    wrong = judge.wrong_in(every_field_of(text))
    prompts._environment.cache_clear()
    assert any(one.startswith("report: link") for one in wrong), wrong


LONG = "\n".join(
    f"- `{'x' * 40} @octo fixes #1 {number}`\n\n```text\n@octo fixes #1\n```"
    for number in range(60)
)


@pytest.mark.parametrize("most", range(1500, 3500, 37))
def test_a_cut_text_has_no_effect(most: int) -> None:
    shown = markdown.cut(LONG, most, "The rest is left out.")
    assert len(shown) <= most and active(shown) == []
    assert skeleton(shown)[-3:] == ["paragraph_open p", "inline", "paragraph_close p"]


def test_a_text_cut_anywhere_has_effects() -> None:
    """The control of the test above."""
    assert any(active(LONG[:most]) for most in range(1500, 3500, 37))
