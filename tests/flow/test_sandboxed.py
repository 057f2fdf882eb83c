"""The level that was really used stands in every artifact and text; one that is missing ends the run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.shop import FILES
from tests.support.toolkit import Toolkit, log_of, request

from improve.workbench import sandbox

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "level",
    [
        pytest.param("landlock", marks=pytest.mark.nightly),  # every other flow runs in the best
        pytest.param("bubblewrap", marks=pytest.mark.nightly),
        pytest.param("off", marks=pytest.mark.nightly),
    ],
)
def test_report_and_pull_request_name_the_level(
    level: str, kit: Toolkit, shop: Path, edits: Path, tmp_path: Path
) -> None:
    if level != "off" and (why := sandbox.works(level)):  # type: ignore[arg-type]
        pytest.skip(why)
    info = request(tmp_path / "request", shop, raw__logs=log_of(FILES), agents=["scripted"])
    world = {"IMPROVE_SCRIPTED_EDITS": str(edits), "IMPROVE_SANDBOX": level}
    ended = kit.run("--request", info, **world).good()
    assert ended.run
    used = "none" if level == "off" else level
    assert ended.artifact("reproduce")["sandbox"] == used
    proof = ended.artifact("fix")["attempts"][0]["proof"]
    assert (proof["outcome"], proof["sandbox"]) == ("verified", used)
    words = sandbox.in_words(used).split(":")[0]
    assert f"Sandbox: {words}" in ended.report
    assert f"Sandbox of these runs: {words}" in (ended.run / "pull-request.md").read_text()
    assert ("no sandbox (sandbox: off)" in ended.err) == (level == "off")


def test_a_level_that_cannot_be_had_ends_the_run_before_anything_is_run(
    kit: Toolkit, shop: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    (broken / "bwrap").chmod(0o755)
    info = request(tmp_path / "request", shop, raw__logs=log_of(FILES))
    path = f"{broken}:{os.environ['PATH']}"
    ended = kit.run("--request", info, PATH=path, IMPROVE_SANDBOX="bubblewrap")
    assert ended.run and ended.code == 1 and "apt-get install bubblewrap" in ended.err
    assert "No permissions" in ended.report and "sandbox" in ended.report
    assert not (ended.run / "reproduce.json").exists()
