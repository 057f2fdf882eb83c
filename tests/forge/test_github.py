"""Reading a red run, with the real gh against a GitHub on this machine."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from tests.forge.red_runs import RED, one_red, red
from tests.support.github_server import BLOB_HOST, TOKEN, GitHub, Job, Run

from improve.errors import ImproveError, NotSignedIn
from improve.forge.gh_program import world
from improve.forge.github import fetch_logs


def test_every_failed_job_of_many_pages_is_read(github: GitHub, tmp_path: Path) -> None:
    jobs = [Job(1000 + n, f"test ({n})") for n in range(130)]
    for place, conclusion in (
        (3, "failure"),
        (99, "timed_out"),
        (100, "failure"),
        (129, "failure"),
    ):
        jobs[place].conclusion, jobs[place].log = conclusion, b"log of %d\n" % place
    jobs[120] = Job(
        1120,
        "stopped",
        "cancelled",
        b"log of 120\n",
        steps=(("Set up", "success"), ("Test", "failure")),
    )
    jobs[121] = Job(1121, "never began", "cancelled", None)
    jobs[122].conclusion = "skipped"
    url = github.add(
        Run(7, [jobs], sha="c" * 40, branch="topic", workflow="Nightly", event="schedule")
    )

    found = fetch_logs(url, tmp_path / "logs", 60)

    assert {log.file.name: log.file.read_bytes() for log in found.logs} == {
        f"{1000 + n}.log": b"log of %d\n" % n for n in (3, 99, 100, 120, 129)
    }
    assert [one.query for one in github.asked("/attempts/1/jobs")] == [
        {"per_page": "100", "page": "1"},
        {"per_page": "100", "page": "2"},
    ]
    run = found.run
    assert (run.commit, run.branch, run.workflow, run.event, run.attempt, run.total_jobs, run.repository) == (
        ("c" * 40), "topic", "Nightly", "schedule", 1, 130, "acme/shop",
    )  # fmt: skip
    assert [(job.name, job.conclusion, job.failed_steps) for job in run.jobs[-2:]] == [
        ("stopped", "cancelled", ("Test",)),
        ("test (129)", "failure", ()),
    ]
    assert run.jobs[0].labels == ("ubuntu-24.04",)
    assert found.notes == ()


def test_logs_are_kept_byte_for_byte_for_their_owner_only(github: GitHub, tmp_path: Path) -> None:
    log = (
        b"\xef\xbb\xbfstart\r\n\x1b[31mred\x1b[0m \xff\xfe\x00 \xc3(\n"
        + b"x" * 70_000
        + b"\nHTTP/2 200\r\n\r\nno end"
    )
    url = one_red(github, log=log)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "31.log").write_bytes(b"left by a killed run" * 9999)

    found = fetch_logs(url, folder, 60)

    assert found.logs[0].file.read_bytes() == log
    assert found.logs[0].file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["31.log"], (
        "something was left beside the log"
    )
    assert {one.authorization for one in github.seen if one.host == BLOB_HOST} == {""}


def test_a_large_log_costs_no_memory_of_ours(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github, log=b"y" * 99 + b"\n", repeat=1)
    fetch_logs(url, tmp_path / "warm", 60)
    github.runs[7].attempts[0][1] = red(log=b"z" * 1023 + b"\n", repeat=32 << 10)
    tracemalloc.start()
    try:
        found = fetch_logs(url, tmp_path / "logs", 60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.logs[0].file.stat().st_size == 32 << 20
    assert peak < 8 << 20, f"{peak >> 20} MB were held for a log of 32 MB"


def test_the_latest_attempt_is_read_unless_the_url_names_one(
    github: GitHub, tmp_path: Path
) -> None:
    url = github.add(Run(7, [[red(31, log=b"first\n")]]))
    github.runs[7].rerun([red(41, log=b"second\n")])
    github.runs[7].rerun([Job(51)])
    earlier = fetch_logs(f"{url}/attempts/2", tmp_path / "a", 60)
    assert (earlier.run.attempt, earlier.logs[0].file.read_bytes()) == (2, b"second\n")
    with pytest.raises(ImproveError, match=r"attempt 3.*no failed job"):
        fetch_logs(url, tmp_path / "b", 60)
    github.runs[7].attempts.pop()
    latest = fetch_logs(url, tmp_path / "c", 60)
    assert (latest.run.attempt, latest.logs[0].file.read_bytes()) == (2, b"second\n")
    assert not github.asked("/jobs/31/logs"), "a log of another attempt was fetched"


def test_a_job_url_means_this_job_even_while_others_run(github: GitHub, tmp_path: Path) -> None:
    url = github.add(
        Run(7, [[red(31), red(32, log=b"mine\n"), Job(33, conclusion=None)]], conclusion=None)
    )
    found = fetch_logs(f"{url}/job/32?pr=9#step:4:17", tmp_path / "logs", 60)
    assert [(log.job.id, log.file.read_bytes()) for log in found.logs] == [(32, b"mine\n")]
    assert (found.run.attempt, found.run.total_jobs) == (1, 1)


def test_names_from_the_server_are_cleaned(github: GitHub, tmp_path: Path) -> None:
    name = f"te\u202est \x1b[31m {TOKEN}\n::error::x"
    url = github.add(Run(7, [[red(31, name=name)]], head_repository="else/shop", branch="b\x07b"))
    found = fetch_logs(url, tmp_path / "logs", 60)
    told = found.run.jobs[0].name, found.run.branch or ""
    assert all(part.isprintable() for part in told), told
    assert TOKEN not in told[0] and told[0].startswith("test "), told
    assert found.run.fork == "else/shop" and "fork" in found.notes[0]


def test_gh_gets_an_environment_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_SECRET_ACCESS_KEY",
        "GH_DEBUG",
        "GH_REPO",
        "GH_HOST",
        "GH_ENTERPRISE_TOKEN",
        "PYTHONPATH",
    ):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    made = world("github.com")
    assert made["GH_TOKEN"] == TOKEN
    assert (made["GH_TELEMETRY"], made["GH_PROMPT_DISABLED"]) == ("false", "1")
    assert not {
        "AWS_SECRET_ACCESS_KEY",
        "GH_DEBUG",
        "GH_REPO",
        "GH_HOST",
        "GH_ENTERPRISE_TOKEN",
        "PYTHONPATH",
    } & set(made)


def test_an_enterprise_token_goes_to_its_own_host_only(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = one_red(github).replace("github.com", "github.acme.example:8443")
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", TOKEN)
    with pytest.raises(NotSignedIn):
        fetch_logs(url, tmp_path / "logs", 60)
    assert [one.authorization for one in github.seen] == [""], (
        "a token went to a host that nobody vouched for"
    )
    monkeypatch.setenv("GH_HOST", "github.acme.example:8443")
    found = fetch_logs(url, tmp_path / "logs", 60)
    assert found.logs[0].file.read_bytes() == RED
    assert github.seen[-2].host == "github.acme.example:8443"
