"""What stands in the way of a log: each with its own words, exit code and cure."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.forge.red_runs import one_red, red
from tests.support.github_server import Fault, GitHub, Job, Run

from improve.errors import ImproveError, NotSignedIn, RequestError
from improve.forge.github import fetch_logs


def running(github: GitHub) -> str:
    return github.add(Run(7, [[red(), Job(32, conclusion=None)]], conclusion=None))


def green(github: GitHub) -> str:
    return github.add(Run(7, [[Job(30)]], conclusion="success"))


def never_started(github: GitHub) -> str:
    return github.add(Run(7, [[]], conclusion="startup_failure"))


def private(github: GitHub) -> str:
    github.open = False
    return one_red(github)


def other_number(github: GitHub) -> str:
    return one_red(github).replace("/7", "/8")


def no_such_attempt(github: GitHub) -> str:
    return one_red(github) + "/attempts/2"


def job_of_another_run(github: GitHub) -> str:
    github.add(Run(8, [[red(81)]]))
    return one_red(github) + "/job/81"


def running_job(github: GitHub) -> str:
    return running(github) + "/job/32"


def green_job(github: GitHub) -> str:
    return one_red(github) + "/job/30"


def with_fault(fault: Fault) -> Callable[[GitHub], str]:
    def prepare(github: GitHub) -> str:
        github.faults = [fault]
        return one_red(github)

    prepare.__name__ = f"{fault.kind}-{fault.status}"
    return prepare


def expired(github: GitHub) -> str:
    return one_red(github, expired=True)


def no_log(github: GitHub) -> str:
    return one_red(github, log=None)


def empty_log(github: GitHub) -> str:
    return one_red(github, log=b"")


def no_address(_github: GitHub) -> str:
    return "https://github.com/acme/shop/pull/7"


@pytest.mark.parametrize(
    ("prepare", "kind", "what", "cure"),
    [
        (other_number, ImproveError, "shows no run 8 in acme/shop (HTTP 404)", "gh auth status"),
        (
            private,
            ImproveError,
            "shows no run 7 in acme/shop (HTTP 404)",
            "may not see the repository",
        ),
        (no_such_attempt, ImproveError, "no run 7, attempt 2", "in a browser"),
        (no_address, RequestError, "not the address", "actions/runs/NUMBER"),
        (job_of_another_run, RequestError, "job 81 belongs to attempt 1 of run 8", "once more"),
        (running, ImproveError, "Run 7 (attempt 1) is not finished: in_progress", "--resume"),
        (running_job, ImproveError, "Job 32 is not finished", "--resume"),
        (green, ImproveError, "no failed job: it ended as success", "/attempts/NUMBER"),
        (green_job, ImproveError, "Job 30 has no failed job: it ended as success", "red run"),
        (never_started, ImproveError, "never started", "workflow file"),
        (expired, ImproveError, "log of job 31 (test) has expired", "Run the job again"),
        (no_log, ImproveError, "There is no log of job 31 (test)", "runner"),
        (empty_log, ImproveError, "came empty although GitHub said 200", "wait a minute"),
        (
            with_fault(Fault("/runs/7", 418, "teapot", kind="foreign")),
            ImproveError,
            "HTTP 418",
            "gh api -i repos/acme/shop",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_obstacle_has_its_own_words(
    github: GitHub,
    tmp_path: Path,
    prepare: Callable[[GitHub], str],
    kind: type[ImproveError],
    what: str,
    cure: str,
) -> None:
    with pytest.raises(ImproveError) as caught:
        fetch_logs(prepare(github), tmp_path / "logs", 60)
    assert caught.value.exit_code == kind.exit_code, (
        f"exit code {caught.value.exit_code}: {caught.value}"
    )
    assert what in caught.value.what
    assert cure in caught.value.cure
    assert not list(tmp_path.glob("logs/*")), "an unusable log was left behind"


@pytest.mark.parametrize("token", [None, "ghp_wrong"])
def test_who_is_not_signed_in_is_told_how(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token is None:
        monkeypatch.delenv("GH_TOKEN")
    else:
        monkeypatch.setenv("GH_TOKEN", token)
    with pytest.raises(NotSignedIn) as caught:
        fetch_logs(one_red(github), tmp_path, 60)
    assert caught.value.exit_code == 4
    assert "`gh auth login`" in caught.value.cure and "GH_TOKEN" in caught.value.cure
    assert len(github.seen) == (0 if token is None else 1)


def test_a_missing_gh_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImproveError, match="not found") as caught:
        fetch_logs("https://github.com/acme/shop/actions/runs/7", tmp_path / "logs", 60)
    assert "apt-get install gh" in caught.value.cure and "raw-logs" in caught.value.cure


@pytest.mark.parametrize(
    "says", ["gh version 2.22.1 (2023-02-08)", "another program called gh", ""]
)
def test_a_gh_that_is_too_old_is_named_with_what_to_install(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "gh").write_text(f"#!/bin/sh\necho '{says}'\n")
    (old / "gh").chmod(0o755)
    url = one_red(github)
    with monkeypatch.context() as patch, pytest.raises(ImproveError) as caught:
        patch.setenv("PATH", str(old), prepend=os.pathsep)
        fetch_logs(url, tmp_path / "logs", 60)
    assert f"{old}/gh is no gh 2.23 or newer; it says: {says!r}" in caught.value.what
    assert "apt-get install gh" in caught.value.cure
    assert fetch_logs(url, tmp_path / "logs", 60).logs, "the same with a gh that is new enough"


@pytest.mark.parametrize("file", ["hosts.yml", "config.yml"])
def test_a_broken_configuration_of_gh_is_no_missing_network(
    github: GitHub, tmp_path: Path, file: str
) -> None:
    url = one_red(github)
    (tmp_path / "gh" / file).write_text("not: [yaml")
    told: list[str] = []
    with pytest.raises(ImproveError) as caught:
        fetch_logs(url, tmp_path / "logs", 60, told.append)
    assert "gh does not start" in caught.value.what
    assert str(tmp_path / "gh" / file) in caught.value.what
    assert "gh auth login" in caught.value.cure
    assert not [line for line in told if "try" in line], "it cannot get better by trying again"
    assert github.seen == []


def test_a_list_that_ends_too_early_is_not_taken_for_whole(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    github.hidden_jobs = 1
    with pytest.raises(ImproveError, match="listed 2 of 3 jobs"):
        fetch_logs(url, tmp_path / "logs", 60)
