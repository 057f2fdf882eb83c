"""A text is redacted before it is cut: of a secret that is cut in two no part is known as one."""

from __future__ import annotations

import io
import sys

import pytest
from tests.support.secrets import SECRETS

from improve.evidence import beginning, ending
from improve.progress import LONGEST, Progress

WORDS = "of the log " * 60


@pytest.mark.parametrize("kind", SECRETS)
def test_no_cut_shows_a_piece(kind: str) -> None:
    secret = SECRETS[kind]
    for at in (len(secret) // 2, len(secret) - 1):
        before, after = WORDS[: 299 - at], WORDS[: 299 - len(secret) + at]
        assert secret[: at // 2] not in beginning(f"{before} {secret} {WORDS}", 300)
        assert secret[-(len(secret) - at) // 2 - 6 :] not in ending(
            f"{WORDS} {secret} {after}", 300
        )


def test_short_texts_stay_whole() -> None:
    assert beginning("1 failed", 300) == ending("1 failed", 300) == "1 failed"
    assert beginning("abcdef", 3) == "abc" and ending("abcdef", 3) == "def"


def test_progress_is_cut_after_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stderr", printed)
    secret = SECRETS["terraform"]
    Progress("fix", 60)(f"{WORDS[: LONGEST - 60]} {secret}")
    assert secret[:14] not in printed.getvalue() and "[redacted: terr" in printed.getvalue()
