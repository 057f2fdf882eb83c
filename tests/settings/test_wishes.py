"""Labels and reviewers: what may be wished for; GitHub itself judges the rest."""

from __future__ import annotations

import pytest

from improve.errors import RequestError
from improve.settings import resolve_settings


def test_they_are_lists_in_the_file_and_texts_with_commas_in_the_environment() -> None:
    settings = resolve_settings('labels: [bug, "needs review"]\n', {})
    assert settings.labels.value == ("bug", "needs review")
    environ = {"IMPROVE_LABELS": "bug, auto-fix", "IMPROVE_REVIEWERS": "octocat,acme/backend"}
    settings = resolve_settings("labels: [other]\n", environ)
    assert settings.labels.value == ("bug", "auto-fix")
    assert settings.reviewers.value == ("octocat", "acme/backend")
    assert resolve_settings("", {"IMPROVE_LABELS": ""}).labels.value == (), "an unset variable"


@pytest.mark.parametrize(
    "text",
    [
        "labels: bug",
        "labels: [a, 3]",
        f"labels: [{'x' * 51}]",
        f"labels: {list(map(str, range(21)))}",
        'reviewers: ["@octocat"]',
        'reviewers: ["a/b/c"]',
        'reviewers: ["--all"]',
        f"reviewers: {[f'u{n}' for n in range(16)]}",
    ],
)
def test_what_cannot_be_one_is_told(text: str) -> None:
    with pytest.raises(RequestError, match=r"improve\.yaml line 1"):
        resolve_settings(text, {})
