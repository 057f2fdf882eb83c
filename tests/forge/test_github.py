"""Reading a red run, with the real gh against a GitHub on this machine."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.github_server import (
    BLOB_HOST,
    TOKEN,
    Fault,
    GitHub,
    Job,
    Run,
)

from improve.errors import ImproveError, NotSignedIn, OutOfBudget, RequestError
from improve.forge.gh import pause
from improve.forge.gh_answer import Answer
from improve.forge.gh_program import world
from improve.forge.github import fetch_logs

RED = b"2026-01-02T03:04:05.0000000Z FAILED tests/test_a.py::test_b - ValueError: no\n"
LIMIT = "You have exceeded a secondary rate limit"
AT_ONCE = {"retry-after": "0"}


def red(number: int = 31, **more: object) -> Job:
    return Job(number, conclusion="failure", **{"log": RED, **more})  # type: ignore[arg-type]


def one_red(github: GitHub, **more: object) -> str:
    return github.add(Run(7, [[Job(30), red(**more)]]))


# --- what is read ------------------------------------------------------------------------------


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


# --- what stands in the way ----------------------------------------------------------------------


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
            with_fault(Fault("/runs/", 403, "Resource not accessible")),
            NotSignedIn,
            "forbids",
            "Actions: read",
        ),
        (
            with_fault(Fault("/runs/7", 418, "teapot")),
            ImproveError,
            "HTTP 418",
            "gh api -i repos/acme/shop",
        ),
        (
            with_fault(Fault("/runs/7", kind="page")),
            ImproveError,
            "not what GitHub describes",
            "proxy",
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


def test_a_list_that_ends_too_early_is_not_taken_for_whole(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    github.hidden_jobs = 1
    with pytest.raises(ImproveError, match="listed 2 of 3 jobs"):
        fetch_logs(url, tmp_path / "logs", 60)


# --- waiting and trying again ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "what", "cure"),
    [
        (Fault("/runs/7", 429, LIMIT, AT_ONCE), "limits our requests (try 5 of 5)", "minutes"),
        (Fault("/runs/7", 503, "Unicorn", AT_ONCE), "HTTP 503", "githubstatus"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Fault) else "",
)
def test_five_tries_and_no_more(
    github: GitHub, tmp_path: Path, fault: Fault, what: str, cure: str
) -> None:
    github.faults = [fault]
    with pytest.raises(ImproveError) as caught:
        fetch_logs(one_red(github), tmp_path / "logs", 60)
    assert (what in caught.value.what, cure in caught.value.cure) == (True, True), caught.value
    assert len(github.seen) == 5


def test_the_servers_wish_to_wait_is_honoured(github: GitHub, tmp_path: Path) -> None:
    github.faults = [Fault("/runs/7", 429, LIMIT, {"retry-after": "1"}, times=1)]
    told: list[str] = []
    url = one_red(github)
    began = time.monotonic()
    found = fetch_logs(url, tmp_path / "logs", 60, told.append)
    assert time.monotonic() - began >= 1.0, "it did not wait"
    assert found.logs[0].file.read_bytes() == RED
    assert any("rate limit; try 2 of 5 in 1 s" in line for line in told), told


def test_a_wait_beyond_the_time_left_is_not_begun(github: GitHub, tmp_path: Path) -> None:
    reset = str(int(time.time()) + 1800)
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
    github.faults = [Fault("/runs/7", 403, "API rate limit exceeded", headers)]
    url = one_red(github)
    with pytest.raises(ImproveError) as caught:
        fetch_logs(url, tmp_path / "logs", 60)
    assert "In 30 minutes" in caught.value.cure
    assert len(github.seen) == 1


def test_cut_and_broken_answers_are_asked_for_again(github: GitHub, tmp_path: Path) -> None:
    log = bytes(range(256)) * 4000
    url = one_red(github, log=log)
    github.faults = [
        Fault("/jobs/31/logs", 502, "Bad Gateway", AT_ONCE, times=2),
        Fault("/blob/31", kind="cut", headers=AT_ONCE, times=1),
    ]
    found = fetch_logs(url, tmp_path / "logs", 60)
    assert found.logs[0].file.read_bytes() == log
    assert len(github.asked("/jobs/31/logs")) == 4


def test_a_hanging_server_ends_with_the_time(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    github.faults = [Fault("/blob/31", kind="slow", seconds=30)]
    began = time.monotonic()
    with pytest.raises(OutOfBudget, match="when the time was up"):
        fetch_logs(url, tmp_path / "logs", 2)
    assert time.monotonic() - began < 6
    assert not list(tmp_path.glob("logs/*")), "half a log was left behind"


def test_no_way_to_the_server(github: GitHub, tmp_path: Path) -> None:
    url = one_red(github)
    (tmp_path / "gh" / "config.yml").write_text(f"http_unix_socket: {tmp_path}/none\n")
    with pytest.raises(ImproveError, match=r"not reached \(try 1 of 5\)") as caught:
        fetch_logs(url, tmp_path / "logs", 0.9)
    assert "proxy" in caught.value.cure


def test_one_lost_log_does_not_lose_the_others(github: GitHub, tmp_path: Path) -> None:
    jobs = [
        red(31, log=None),
        red(32, log=b"two\n"),
        red(33, expired=True),
        red(34, log=b"four\n"),
        red(35),
    ]
    url = github.add(Run(7, [jobs]))
    github.faults = [Fault("/jobs/35/logs", 429, LIMIT, {"retry-after": "900"})]
    found = fetch_logs(url, tmp_path / "logs", 60)
    assert [log.file.read_bytes() for log in found.logs] == [b"two\n", b"four\n"]
    assert [note.split(" (")[0] for note in found.notes] == [
        "There is no log of job 31",
        "The log of job 33",
        "1 of 5 logs are missing: github.com limits our requests",
    ]


def test_the_length_of_a_wait() -> None:
    def answer(status: int, **headers: str) -> Answer:
        return Answer(
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            b"",
            "",
            False,
        )

    assert [pause(answer(502), tried, 0) for tried in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert [pause(answer(429), tried, 0) for tried in (1, 2)] == [60, 120]
    assert pause(answer(503, retry_after="7"), 3, 0) == 7
    assert pause(answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1000"), 1, 990.0) == 11
    assert pause(answer(403, x_ratelimit_remaining="0", x_ratelimit_reset="1000"), 1, 2000.0) == 1
    assert pause(answer(429, retry_after="soon", x_ratelimit_reset="\u0663"), 1, 0) == 60


# --- tokens ------------------------------------------------------------------------------------------


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
