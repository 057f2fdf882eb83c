"""A slow-down: timed beside the commit that was faster, what caused it taken back, and proven."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write
from tests.support.toolkit import Ended, Toolkit, request

PROJECT = """\
[project]
name = "lines"
version = "1"
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[tool.setuptools]
packages = ["lines"]
[tool.pytest.ini_options]
testpaths = ["tests"]
"""
FAST = '''\
"""Unique lines."""


def unique(lines):
    """Each line once, in order."""
    return list(dict.fromkeys(lines))


def shortest(lines):
    """The shortest line."""
    return min(lines, key=len)


def summary(lines):
    """How many there are."""
    return f"{len(lines)} lines"
'''
QUADRATIC = """\
    found = []
    for line in lines:
        if line not in found:
            found.append(line)
    return found
"""
# One commit made it slow, and did what it was made for besides.
SLOW = FAST.replace("    return list(dict.fromkeys(lines))\n", QUADRATIC).replace(
    '{len(lines)} lines"', '{len(lines)} lines, {len(unique(lines))} different"'
)
TESTS = """\
from lines import shortest, summary, unique

def test_unique():
    assert unique(["b", "a", "b"]) == ["b", "a"]

def test_shortest():
    assert shortest(["bb", "a"]) == "a"
"""
NEW_TEST = """
def test_summary_tells_different_ones():
    assert summary(["a", "a"]) == "2 lines, 1 different"
"""
SPEED = """\
from lines import unique

def test_many_lines():
    assert len(unique([str(n) for n in range(6000)])) == 6000
"""
COMMAND = "python -c 'import lines; lines.unique([str(n) for n in range(6000)])'"


def lines(place: Path, slow: str = SLOW) -> Path:
    """A repository with the tag v1, and on top of it a commit that is slow."""
    files = {"pyproject.toml": PROJECT, "lines/__init__.py": FAST, "tests/test_lines.py": TESTS}
    top = repository(place, {**files, "tests/test_speed.py": SPEED})
    git(top, "tag", "v1")
    write(top, {"lines/__init__.py": slow, "tests/test_lines.py": TESTS + NEW_TEST})
    git(top, "commit", "-q", "-am", "feat: tell how many are different")
    return top


def asked(kit: Toolkit, tmp_path: Path, place: Path, **values: object) -> Ended:
    info = request(
        tmp_path / "request", place, name="slow-unique", agents=["embedded"],
        **{"slower__than": "v1", **values},
    )  # fmt: skip
    return kit.run("--request", info)


def fixed(ended: Ended, place: Path) -> None:
    seen, fix = ended.artifact("reproduce"), ended.artifact("fix")
    assert seen["outcome"] == "reproduced", seen["notes"]
    assert seen["speed"]["measure"] == "processor"
    assert seen["speed"]["timings"][0]["low"] > 1.2, seen["speed"]["sentence"]
    assert fix["outcome"] == "fixed", [(a["reason"], a["check_output"]) for a in fix["attempts"]]
    proof = fix["attempts"][0]["proof"]
    assert proof["repaired"]["passed"], proof["steps"]
    changed = git(place, "diff", "main", "fix/slow-unique")
    assert "+    return list(dict.fromkeys(lines))" in changed
    assert "different" not in changed, "what else the commit did has to stay"
    text = (ended.run / "pull-request.md").read_text()  # type: ignore[operator]
    for told in (ended.report, text):
        assert "at the good commit" in told.replace("\\", ""), told


@pytest.mark.nightly
def test_a_slower_command_is_timed_repaired_and_proven(kit: Toolkit, tmp_path: Path) -> None:
    place = lines(tmp_path / "lines")
    fixed(asked(kit, tmp_path, place, check=COMMAND).good(), place)


@pytest.mark.nightly
def test_a_slower_test_is_timed_repaired_and_proven(kit: Toolkit, tmp_path: Path) -> None:
    place = lines(tmp_path / "lines")
    node = "tests/test_speed.py::test_many_lines"
    ended = asked(kit, tmp_path, place, existing__test__path=node).good()
    fixed(ended, place)
    hot = ended.artifact("reproduce")["speed"]["hot"][0]
    assert hot["place"] == "lines/__init__.py:4 unique" and hot["seconds"] > hot["good_seconds"]
    assert "lines/__init__.py:4 unique" in ended.report.replace("\\", ""), ended.report


@pytest.mark.nightly
def test_a_test_that_limits_its_own_time_is_timed_all_the_same(
    kit: Toolkit, tmp_path: Path
) -> None:
    place = lines(tmp_path / "lines")
    limited = SPEED.replace("from lines", "import time\nfrom lines").replace(
        "    assert", "    began = time.process_time()\n    assert"
    )
    write(
        place, {"tests/test_speed.py": f"{limited}    assert time.process_time() - began < 0.05\n"}
    )
    node = "tests/test_speed.py::test_many_lines"
    ended = asked(kit, tmp_path, place, existing__test__path=node).good()
    fixed(ended, place)
    assert "At the failing commit the test itself fails, too" in ended.report


@pytest.mark.nightly
def test_what_is_not_slower_is_within_noise_and_nothing_is_tried(
    kit: Toolkit, tmp_path: Path
) -> None:
    same = FAST.replace(
        '{len(lines)} lines"', '{len(lines)} lines, {len(unique(lines))} different"'
    )
    place = lines(tmp_path / "lines", same)
    ended = asked(kit, tmp_path, place, check=COMMAND).good()
    seen = ended.artifact("reproduce")
    assert seen["outcome"] == "not_reproduced", seen["notes"]
    assert seen["speed"]["timings"][-1]["verdict"] == "within_noise", seen["speed"]
    assert ended.artifact("fix")["outcome"] == "not_attempted"
    assert "would most likely have been seen" in ended.report
    assert "within this machine's noise" in ended.report.splitlines()[0], ended.report
    assert not git(place, "branch", "--list", "fix/*")


@pytest.mark.nightly
def test_a_commit_that_is_not_there_is_told_with_the_cure(kit: Toolkit, tmp_path: Path) -> None:
    place = lines(tmp_path / "lines")
    ended = asked(kit, tmp_path, place, check=COMMAND, slower__than="v0.9")
    assert ended.code == 2 and "no commit or tag 'v0.9'" in ended.err, ended.err
    assert "git fetch --tags" in ended.err
