"""Nothing that holds a secret leaves: the last look fails closed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.forge.leak import files_of, refuse_secrets
from improve.redaction import new_lines

SECRET = "q7Zt-55x0Lm_wP93vbN2sK8e"
WORLD = {"DEPLOY_TOKEN": SECRET, "PATH": "/usr/bin"}


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        SECRET[5:],
        SECRET[::-1],
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
@pytest.mark.parametrize("where", ["made", "quoted"])
def test_a_secret_of_ours_is_refused_wherever_it_stands(text: str, where: str) -> None:
    parts = {"The fix": f"value = '{text}'".encode()}
    with pytest.raises(ImproveError) as caught:
        refuse_secrets(parts if where == "made" else {}, parts if where == "quoted" else {}, WORLD)
    assert "The fix holds the value of DEPLOY_TOKEN" in caught.value.what
    assert text not in str(caught.value), "the message itself tells it"


def test_what_looks_like_a_secret_is_refused_in_what_an_agent_made_only() -> None:
    shape = {"The fix": b"token = 'ghp_" + b"0a1B" * 9 + b"'"}
    with pytest.raises(ImproveError, match="what looks like a secret"):
        refuse_secrets(shape, {}, {})
    refuse_secrets({}, shape, {})


def test_honest_work_passes() -> None:
    refuse_secrets({"The fix": b"return sum(prices)"}, {"The text": b"**fixed** by 5 of 5"}, WORLD)


def test_only_what_a_diff_adds_counts() -> None:
    diff = b"--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n context\n-old\n+new\n+++ more\n"
    assert new_lines(diff) == b"++ b/x\nnew\n++ more"


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "test_a.py").write_text("assert f() == 6\n")
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "kept" / "link").symlink_to(tmp_path / "secret")
    assert files_of(tmp_path / "kept") == b"assert f() == 6\n"
