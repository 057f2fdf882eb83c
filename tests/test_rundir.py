"""The run folder: whole files or none, and damaged ones named with their cure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve import journal, markdown, rundir
from improve.errors import ImproveError
from improve.records import Evidence, Publication


def test_an_artifact_comes_back_as_it_was(tmp_path: Path) -> None:
    artifact = Evidence(
        source="raw-logs", notes=("ünïcode \udc80".encode("utf-8", "replace").decode(),)
    )
    rundir.save(tmp_path, artifact)
    assert rundir.load(tmp_path, Evidence) == artifact
    assert rundir.load(tmp_path, Publication) is None


@pytest.mark.parametrize(
    "damage", ["", "{", '{"schema": "fix"}', '{"schema": "fetch-logs", "extra": 1}']
)
def test_a_damaged_artifact_is_named_with_its_cure(tmp_path: Path, damage: str) -> None:
    (tmp_path / "fetch-logs.json").write_text(damage)
    with pytest.raises(ImproveError, match=r"fetch-logs\.json is not a valid") as caught:
        rundir.load(tmp_path, Evidence)
    assert "--from fetch-logs" in caught.value.cure


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "artifact.json"
    path.write_text("old")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        "from pathlib import Path; from improve import rundir;"
        f"rundir.write_whole(Path({str(path)!r}), b'new' * 100)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "could not be written" in done.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path], "a part of a file was left behind"


def test_a_journal_line_that_was_cut_in_two_is_skipped(tmp_path: Path) -> None:
    journal.append(tmp_path, "done", phase="fix", seconds=2.5)
    with (tmp_path / journal.NAME).open("a") as stream:
        stream.write('{"event": "do')
    assert [event["event"] for event in journal.events(tmp_path)] == ["done"]
    assert journal.active_seconds(tmp_path) == 2.5


@given(st.text())
def test_nothing_untrusted_closes_its_fence(text: str) -> None:
    lines = markdown.fenced(text).split("\n")
    mark = lines[0].removesuffix("text")
    assert set(mark) == {"`"} and lines[-1] == mark
    assert all(mark not in line for line in lines[1:-1])


@given(st.text())
def test_plain_text_mentions_nobody_and_opens_nothing(text: str) -> None:
    shown = markdown.plain(text)
    assert "@" not in shown and "\n" not in shown
    bare = shown.replace("\\\\", "")
    for sign in "<[`#|*":
        assert bare.count(sign) == bare.count("\\" + sign), shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`>=` became `>` in `a_b[0]` (comparison).", "`>=` became `>` in `a_b[0]` (comparison)."),
        ("see src/a_b.py:1, not _this_", "see src/a_b.py:1, not \\_this\\_"),
        ("@who wrote `@x`", "\N{FULLWIDTH COMMERCIAL AT}who wrote `@x`"),
        ("one ` alone <b>", "one \\` alone \\<b\\>"),
    ],
)
def test_prose_keeps_its_code_and_nothing_else(text: str, shown: str) -> None:
    assert markdown.prose(text) == shown
