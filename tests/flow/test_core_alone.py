"""A toolkit with the core's packages alone: no model's SDK is needed, or imported, by anything."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.core_environment import core_environment
from tests.support.repositories import git, repository
from tests.support.toolkit import Ended, Toolkit, log_of, request

FILES = {
    "words.py": "def longest(words):\n    return words[0]\n",
    "tests/test_words.py": """\
from words import longest


def test_longest():
    assert longest(["a", "ccc", "bb"]) == "ccc"
    assert longest(["dddd", "e"]) == "dddd"
""",
    "pytest.ini": "[pytest]\npythonpath = .\n",
}
FIX = """\
--- a/words.py
+++ b/words.py
@@ -1,2 +1,2 @@
 def longest(words):
-    return words[0]
+    return max(words, key=len)
"""
SDKS = ("agents", "openai", "claude_agent_sdk", "mcp")
# In the place of an SDK: whoever imports it leaves its name behind.
DECOY = 'open({marker!r}, "a").write(__name__ + "\\n")\nraise ImportError("a decoy")\n'
KEYS = {"ANTHROPIC_API_KEY": "sk-ant-" + "a" * 30, "OPENAI_API_KEY": "sk-" + "b" * 30}
NOWHERE = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}


def put_decoys(kit: Toolkit, marker: Path) -> list[Path]:
    """One in the place of each SDK; their folders."""
    (packages,) = (kit.top / ".venv" / "lib").glob("python*/site-packages")
    made = [packages / name for name in SDKS]
    for folder in made:
        folder.mkdir()
        (folder / "__init__.py").write_text(DECOY.format(marker=str(marker)))
    return made


def every_rung_is_skipped_with_its_cure(ended: Ended) -> None:
    attempts = ended.artifact("fix")["attempts"]
    assert [one["agent"] for one in attempts] == ["embedded", "claude", "claude", "openai"]
    key = {"claude": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
    for number, name in enumerate(("claude", "claude", "openai"), start=2):
        cure = f"no key: set {key[name]}, and run.sh also installs what the agent {name} needs"
        assert f"attempt {number}, {name}: skipped - {cure}\n" in ended.err, ended.err
        assert cure in ended.report.replace("\\", "")


def every_rung_is_skipped_as_not_installed(ended: Ended) -> None:
    rungs = (("claude", "claude-agent-sdk"), ("openai", "openai-agents"))
    for number, ((name, package), key) in enumerate(zip(rungs, KEYS, strict=True), start=1):
        assert f"so the agent {name} is skipped; the whole output is in .venv/" in ended.err
        skipped = f"{package} is not installed; run.sh installs it when {key} is set"
        assert f"attempt {number}, {name}: skipped - {skipped}\n" in ended.err, ended.err


@pytest.mark.nightly
@pytest.mark.slow
def test_no_sdk_is_imported_and_one_that_cannot_be_installed_costs_its_rung_alone(
    kit: Toolkit, tmp_path: Path
) -> None:
    core_environment(kit.top)
    decoys = put_decoys(kit, marker := tmp_path / "imported")
    target = repository(tmp_path / "words", FILES)
    info = request(tmp_path / "request", target, raw__logs=log_of(FILES))
    every_rung_is_skipped_with_its_cure(
        kit.run("--request", info, **dict.fromkeys(KEYS, "")).good()
    )
    assert not marker.exists(), f"imported: {marker.read_text()}"
    python = kit.top / ".venv" / "bin" / "python"
    subprocess.run([python, "-I", "-c", "import mcp"], capture_output=True, check=False)
    assert marker.read_text() == "mcp\n", "the control: an import would not have been noticed"
    for folder in decoys:
        shutil.rmtree(folder)
    (tmp_path / "edits").mkdir()
    (tmp_path / "edits" / "edit.patch").write_text(FIX)
    info = request(
        tmp_path / "request", target, raw__logs=log_of(FILES),
        agents=["claude", "openai", "scripted"],
    )  # fmt: skip
    edits = str(tmp_path / "edits")
    ended = kit.run("--request", info, IMPROVE_SCRIPTED_EDITS=edits, **KEYS, **NOWHERE).good()
    every_rung_is_skipped_as_not_installed(ended)
    assert "attempt 3, scripted: kept - proven\n" in ended.err, ended.err
    assert git(target, "diff", "--name-only", "main", "fix/wrong-total") == "words.py"
