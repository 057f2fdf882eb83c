"""The example projects are broken as promised: one red test, and one edit puts it right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import demo_agents

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"

# example -> red test, its message, file, the wrong text, the same put right
FAULTS = {
    "timeout-in-datamovement": (
        "tests/test_gather.py::test_gather_of_full_chunks",
        "TimeoutError: gather: 3 of 4 chunks arrived within 0.2 s",
        "src/datamovement/scatter.py",
        "if total % size >= 0:",
        "if total % size > 0:",
    ),
    "performance-in-models": (
        "tests/test_performance.py::test_generation_is_linear_in_its_length",
        "AssertionError: 210 state updates for 20 steps, budget is 40",
        "seqmodel/cache.py",
        "known > len(tokens)",
        "known <= len(tokens)",
    ),
    "github": (
        "tests/test_merge.py::test_mappings_are_merged_key_by_key",
        "AttributeError: module 'collections' has no attribute 'Mapping'",
        "src/layers/merge.py",
        "isinstance(value, collections.Mapping)",
        "isinstance(value, collections.abc.Mapping)",
    ),
    "agents": (
        "tests/test_parse.py::test_hours_and_minutes",
        "ValueError: invalid literal for int() with base 10: '1h30'",
        demo_agents.MODULE,
        demo_agents.LAST,
        demo_agents.RIGHT,
    ),
}


def run_tests(project: Path) -> str:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    # A wide terminal: short summaries are cut to its width.
    environment = {"COLUMNS": "200", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=60
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", FAULTS)
def test_example_has_one_red_test_and_one_wrong_place(name: str, tmp_path: Path) -> None:
    node, message, file, wrong, right = FAULTS[name]
    project = tmp_path / "project"
    shutil.copytree(EXAMPLES / name / "project", project)
    before = run_tests(project)
    assert "1 failed" in before and f"FAILED {node} - {message}" in before, before
    text = (project / file).read_text(encoding="utf-8")
    assert text.count(wrong) == 1
    (project / file).write_text(text.replace(wrong, right), encoding="utf-8")
    after = run_tests(project)
    assert "failed" not in after and " passed" in after, after


@pytest.mark.parametrize("name", FAULTS)
def test_log_of_the_example_tells_the_same_failure(name: str) -> None:
    node, message, *_ = FAULTS[name]
    log = (EXAMPLES / name / "ci.log").read_text(encoding="utf-8")
    assert f"FAILED {node} - {message}" in log
    assert "##[error]Process completed with exit code 1." in log
    assert "/home/runner/work/" in log
