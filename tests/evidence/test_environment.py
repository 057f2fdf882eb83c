"""What a CI log tells of its machine."""

from __future__ import annotations

from improve.evidence import distil
from improve.records.evidence import LoggedEnvironment

SHA = "0123456789abcdef0123456789abcdef01234567"
RUNNER = f"""\
2026-01-02T03:04:00.0000000Z Current runner version: '2.320.0'
2026-01-02T03:04:00.0000000Z ##[group]Operating System
2026-01-02T03:04:00.0000000Z Ubuntu
2026-01-02T03:04:00.0000000Z 22.04.5
2026-01-02T03:04:00.0000000Z LTS
2026-01-02T03:04:00.0000000Z ##[endgroup]
2026-01-02T03:04:00.0000000Z ##[group]Runner Image
2026-01-02T03:04:00.0000000Z Image: ubuntu-22.04
2026-01-02T03:04:00.0000000Z ##[endgroup]
2026-01-02T03:04:01.0000000Z ##[group]Run actions/checkout@v4
2026-01-02T03:04:01.0000000Z with:
2026-01-02T03:04:01.0000000Z   repository: owner/shop
2026-01-02T03:04:01.0000000Z ##[endgroup]
2026-01-02T03:04:01.0000000Z [command]/usr/bin/git -c protocol.version=2 fetch --no-tags origin \
+{SHA}:refs/remotes/origin/main
2026-01-02T03:04:01.0000000Z [command]/usr/bin/git checkout --progress --force -B main \
refs/remotes/origin/main
2026-01-02T03:04:01.0000000Z [command]/usr/bin/git log -1 --format='%H'
2026-01-02T03:04:01.0000000Z '{SHA}'
2026-01-02T03:04:02.0000000Z Successfully set up CPython (3.11.9)
2026-01-02T03:04:03.0000000Z ##[group]Run pip install -e . pytest
2026-01-02T03:04:03.0000000Z \x1b[36;1mpip install -e . pytest\x1b[0m
2026-01-02T03:04:03.0000000Z shell: /usr/bin/bash -e {{0}}
2026-01-02T03:04:03.0000000Z ##[endgroup]
2026-01-02T03:04:04.0000000Z Requirement already satisfied: Six>=1.10 in /opt/lib/python3.11 \
(from shop==0.1) (1.16.0)
2026-01-02T03:04:04.0000000Z Successfully installed attrs-23.2.0 ruamel.yaml-0.18.6 \
typing_extensions-4.9.0 python-dateutil-2.9.0.post0 shop-0.1.0
2026-01-02T03:04:05.0000000Z ##[group]Run echo start
2026-01-02T03:04:05.0000000Z \x1b[36;1mecho start\x1b[0m
2026-01-02T03:04:05.0000000Z \x1b[36;1mpython -m pytest -x tests\x1b[0m
2026-01-02T03:04:05.0000000Z shell: /usr/bin/bash -e {{0}}
2026-01-02T03:04:05.0000000Z env:
2026-01-02T03:04:05.0000000Z   pythonLocation: /opt/hostedtoolcache/Python/3.11.9/x64
2026-01-02T03:04:05.0000000Z ##[endgroup]
2026-01-02T03:04:06.0000000Z ============================= test session starts =============
2026-01-02T03:04:06.0000000Z platform linux -- Python 3.11.7, pytest-8.3.2, pluggy-1.5.0
2026-01-02T03:04:06.0000000Z rootdir: /home/runner/work/shop/shop, configfile: setup.cfg
2026-01-02T03:04:06.0000000Z plugins: xdist-3.6.1, anyio-4.4.0, pytest_asyncio-0.23.8
"""


def told(log: str) -> LoggedEnvironment:
    return distil(log.encode().split(b"\n")).environment


def test_a_whole_runner_log() -> None:
    assert told(RUNNER).model_dump() == {
        "os": "Ubuntu 22.04.5 LTS",
        "python": "3.11.7",
        "pytest": "8.3.2",
        "packages": {
            "anyio": "4.4.0",
            "attrs": "23.2.0",
            "pluggy": "1.5.0",
            "pytest": "8.3.2",
            "pytest-asyncio": "0.23.8",
            "pytest-xdist": "3.6.1",
            "python-dateutil": "2.9.0.post0",
            "ruamel-yaml": "0.18.6",
            "shop": "0.1.0",
            "six": "1.16.0",
            "typing-extensions": "4.9.0",
        },
        "rootdir": "/home/runner/work/shop/shop",
        "command": "python -m pytest -x tests",
        "commit": SHA,
        "branch": "main",
    }


def test_commits_in_their_other_forms() -> None:
    other = "f" * 40
    assert told(f"[command]/usr/bin/git checkout --progress --force {other}").commit == other
    assert told(f"$ git checkout -qf {other}").commit == other
    assert told("HEAD is now at 0a1b2c3 Fix it").commit == "0a1b2c3"
    assert told(f"/usr/bin/git log -1 --format=%H\n{other}").commit == other
    assert told(f"{other}").commit is None
    pull = f"[command]/usr/bin/git fetch origin +{SHA}:refs/remotes/pull/12/merge"
    assert told(pull).commit == SHA
    assert told(pull).branch is None


def test_commands_in_their_other_forms() -> None:
    assert told("##[group]Run pytest -x").command == "pytest -x"
    assert told("+ pytest tests/unit").command == "pytest tests/unit"
    assert told("$ python manage.py test shop").command == "python manage.py test shop"
    assert told("py311: commands[0]> pytest tests").command == "pytest tests"
    assert told("nox > python -m pytest -q").command == "python -m pytest -q"
    assert told("##[group]Run pip install pytest").command is None
    assert told("##[group]Run python -m pip install tox").command is None
    assert told("##[group]Run actions/setup-python@v5").command is None


def test_the_command_before_the_tests_counts_not_one_after() -> None:
    log = RUNNER + "##[group]Run pytest --lf\n"
    assert told(log).command == "python -m pytest -x tests"


def test_package_lists() -> None:
    log = "attrs==23.2.0\n + idna==3.7\nzope.interface==6.4\nif a==1: pass\nx == 3\n"
    assert told(log).packages == {"attrs": "23.2.0", "idna": "3.7", "zope-interface": "6.4"}


def test_platforms() -> None:
    assert told("platform win32 -- Python 3.12.0, pytest-8.0.0, pluggy-1.4.0").os == "win32"
    assert told("Image: macos-14\nplatform darwin -- Python 3.12.0, pytest-8.0.0").os == "macos-14"
    line = "platform linux -- Python 3.9.18[pypy-7.3.15-final], pytest-8.0.0, pluggy-1.4.0"
    assert told(line).python == "3.9.18"


def test_the_environment_is_that_of_the_job_that_failed() -> None:
    def session(job: str, python: str, end: str) -> str:
        lines = [
            "============================= test session starts ==============================",
            f"platform linux -- Python {python}, pytest-8.3.2, pluggy-1.5.0",
            end,
        ]
        return "".join(f"{job}\ttests\t2026-01-02T03:04:05.1234567Z {line}\n" for line in lines)

    log = session("py39", "3.9.1", "=== 1 passed in 0.1s ===") + session(
        "py312", "3.12.1", "FAILED tests/test_a.py::test_b - ValueError: no"
    )
    result = distil(log.encode().split(b"\n"))
    assert [f.job for f in result.failures] == ["py312"]
    assert result.environment.python == "3.12.1"


def test_a_log_that_tells_nothing() -> None:
    assert told("") == LoggedEnvironment()
