"""The verb: `improve validate`, then `improve fetch-logs`, for a request that gives a url."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from tests.support.github_server import TOKEN, GitHub, Job, Run
from tests.support.repositories import repository
from tests.support.verbs import improve

LOG = Path(__file__).parents[1] / "resources" / "logs" / "short-8.3.5.log"
STAMP = b"2026-01-02T03:04:05.0000000Z "
CHECKED_OUT = b"[command]/usr/bin/git log -1 --format=%H\n" + b"d" * 40 + b"\n"


def dressed(text: bytes) -> bytes:
    """A log as the runner writes it: a time before each line."""
    return b"".join(STAMP + line for line in text.splitlines(keepends=True))


def open_run(tmp_path: Path, url: str) -> Path:
    """A run folder that `improve validate` made for this url."""
    target = repository(tmp_path / "shop", {"shop.py": "pass\n"})
    request = {"deterministic": True, "prompt": "CI is red", "url": url, "repository": str(target)}
    (tmp_path / "info.json").write_text(json.dumps(request))
    done = improve(
        "validate", "--request", tmp_path / "info.json", "--outputs", tmp_path / "outputs"
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def matrix(github: GitHub) -> str:
    """A pull request's run: two jobs of a matrix fail alike, a third breaks without any test."""
    log = dressed(CHECKED_OUT + LOG.read_bytes())
    jobs = [
        Job(41, "test (3.11)", "failure", log),
        Job(42, "test (3.12)", "failure", log),
        Job(43, "lint", "failure", dressed(b"ruff found 3 errors\n")),
        Job(44, "docs"),
    ]
    return github.add(Run(7, [jobs], sha="c" * 40, branch="topic", event="pull_request"))


def test_a_red_run_becomes_evidence(github: GitHub, tmp_path: Path) -> None:
    run = open_run(tmp_path, matrix(github))

    done = improve("fetch-logs", run)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(run / "fetch-logs.json")
    made: dict[str, Any] = json.loads((run / "fetch-logs.json").read_text())
    assert made["source"] == "url"
    assert [log["path"] for log in made["logs"]] == ["logs/41.log", "logs/42.log", "logs/43.log"]
    sent = github.runs[7].attempts[0][0].log or b""
    assert made["logs"][0]["sha256"] == hashlib.sha256(sent).hexdigest()
    assert (made["environment"]["commit"], made["environment"]["branch"]) == ("c" * 40, "topic")
    assert [note for note in made["notes"] if "CI had checked out dddddddddddd" in note], made[
        "notes"
    ]
    assert made["environment"]["pytest"] == "8.3.5", "the environment is not that of a failing log"
    assert (made["ci_run"]["event"], made["ci_run"]["total_jobs"]) == ("pull_request", 4)
    assert [job["name"] for job in made["ci_run"]["jobs"]] == ["test (3.11)", "test (3.12)", "lint"]
    told = [(failure["node_id"], failure["kind"]) for failure in made["failures"]]
    assert ("tests/test_shop.py::test_plain_assert", "call") in told
    assert len(told) == len(set(told)), "a matrix tells each failure once"
    assert {failure["job"] for failure in made["failures"]} == {"test (3.11), test (3.12)"}
    assert [path.stat().st_mode & 0o777 for path in (run / "logs").glob("*.log")] == [0o600] * 3
    holders = [
        path for path in run.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()
    ]
    assert holders == [], "the token was left in the run folder"


def test_exit_codes_and_cure_reach_the_user(github: GitHub, tmp_path: Path) -> None:
    run = open_run(tmp_path, matrix(github))
    token = os.environ.pop("GH_TOKEN")
    try:
        refused = improve("fetch-logs", run)
    finally:
        os.environ["GH_TOKEN"] = token
    assert refused.returncode == 4, refused.stderr
    assert "gh auth login" in refused.stderr and "Traceback" not in refused.stderr
    assert not (run / "fetch-logs.json").exists()
    github.open = False
    missing = improve("fetch-logs", run)
    assert missing.returncode == 1, missing.stderr
    assert "shows no run 7 in acme/shop" in missing.stderr
    github.open = True
    again = improve("fetch-logs", run)
    assert again.returncode == 0, (
        f"the same run does not go on once the cause is gone: {again.stderr}"
    )
