"""A prompt holds what was gathered, and no secret of it."""

from __future__ import annotations

from pathlib import Path

from tests.support.toolkit import HERE

from improve.briefing import Part, brief
from improve.context import Budget, Context
from improve.records import Request

TOKEN = "ghp_" + "a1B2" * 9


def test_a_secret_in_the_source_or_in_the_users_words_reaches_no_prompt(tmp_path: Path) -> None:
    context = Context(
        tmp_path, HERE, tmp_path, Budget.of(60), lambda _said: None, {"prompt-tokens": 4000}
    )
    said = Request(deterministic=False, prompt=f"it fails with {TOKEN} in the header")
    parts = [Part("Where it points", f"    7> login('{TOKEN}')")]
    values: dict[str, object] = {"request": said, "minutes": 1}
    text = brief(context, "analyze-nd-failures/analysis_prompt.md", parts, values)
    assert TOKEN not in text
    assert "    7> login('" in text and "it fails with" in text, "the control: both are told"
