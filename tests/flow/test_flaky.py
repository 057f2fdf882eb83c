"""A failure that happens now and then: from its log to a proven fix, without any model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.repositories import git, repository
from tests.support.toolkit import HERE, Toolkit, request

EXAMPLE = HERE / "examples" / "flaky"


@pytest.mark.slow
def test_an_intermittent_failure_is_amplified_fixed_and_proven(
    kit: Toolkit, tmp_path: Path
) -> None:
    files = {
        str(file.relative_to(EXAMPLE / "project")): file.read_text()
        for file in sorted((EXAMPLE / "project").rglob("*"))
        if file.is_file() and file.suffix in (".py", ".toml")
    }
    place = repository(tmp_path / "crawl", files)
    info = request(
        tmp_path / "request", place, raw__logs=str(EXAMPLE / "ci.log"), deterministic=False,
        name="short-count", agents=["embedded"],
    )  # fmt: skip
    # The time is short on purpose: what it does not allow to show has to be said.
    ended = kit.run(
        "--request", info, IMPROVE_FIX_MINUTES="2", IMPROVE_REPRODUCE_MINUTES="2"
    ).good()
    seen, fix = ended.artifact("reproduce"), ended.artifact("fix")
    assert (seen["outcome"], seen["amplifier"]) == ("intermittent", "thread-noise"), seen["notes"]
    assert seen["rates"][0]["amplifier"] == "plain"
    assert fix["outcome"] == "fixed", json.dumps(fix, indent=1)
    proof = fix["attempts"][0]["proof"]
    assert proof["outcome"] == "verified", proof["steps"]
    shown = proof["confidence"]
    assert shown["chance"] <= 0.001 and shown["before"]["failures"] == 5
    assert shown["after"]["failures"] == 0 and shown["after"]["runs"] >= 12
    for text in (ended.report, (ended.run / "pull-request.md").read_text()):  # type: ignore[operator]
        plain = text.replace("\\", "")
        assert shown["sentence"] in plain, plain
        assert (shown["not_shown"] in plain) and ("Not shown" in plain) == bool(shown["not_shown"])
    assert "with self._lock:" in git(place, "show", "fix/short-count:src/crawl/progress.py")
    kept = git(
        place, "ls-tree", "-r", "--name-only", "repro/short-count", "--", "reproduce-ND-failures"
    )
    assert [line.rpartition("/")[2] for line in kept.split()] == [
        "README.md", "ci.txt", "run_test.sh", "test_short_count.py",
    ]  # fmt: skip


@pytest.mark.nightly
def test_who_fails_alone_is_not_looked_for_in_an_order(kit: Toolkit, tmp_path: Path) -> None:
    files = {
        "src/dice.py": "import random\n\n\ndef throw():\n    return random.randrange(8)\n",
        "tests/test_dice.py": (
            "from dice import throw\n\n\ndef test_seven_is_rare():\n    assert throw() != 7\n"
        ),
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    }
    info = request(
        tmp_path / "request", repository(tmp_path / "dice", files), deterministic=False,
        existing__test__path="tests/test_dice.py::test_seven_is_rare", agents=["embedded"],
    )  # fmt: skip
    seen = kit.run("--request", info, IMPROVE_REPRODUCE_MINUTES="2").good().artifact("reproduce")
    assert (seen["outcome"], seen["amplifier"]) == ("intermittent", "plain"), seen["notes"]
    assert not [note for note in seen["notes"] if note.startswith("Order of the tests")]
