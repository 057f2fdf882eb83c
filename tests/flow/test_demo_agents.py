"""``./run.sh --demo agents``: the ladder on scripted models, without a network and without a key."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from tests.support.core_environment import core_environment
from tests.support.demo_agents import RIGHT, play
from tests.support.model_servers import anthropic
from tests.support.model_servers.http import ModelServer
from tests.support.repositories import git
from tests.support.toolkit import HERE, Ended, Toolkit, toolkit

from improve import journal

# A network of its own, in which nothing is but a loopback.
ALONE = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]
KEYS = {"ANTHROPIC_API_KEY": "sk-ant-users-" + "9" * 30, "OPENAI_API_KEY": "sk-users-" + "8" * 30}
BRANCH = "fix/two-units-in-durations"
STORY = [
    ("embedded", "no_change"),
    ("claude", "refused"),
    ("claude", "not_fixed"),
    ("openai", "kept"),
]
TOLD = (
    "attempt 1, embedded: no change - ",
    "attempt 2, claude: refused - protected paths: tests/test_parse.py is a test and was edited (0.0118 USD)",
    "attempt 3, claude: not fixed - the reproduction does not pass: AssertionError: assert 1800 == 5400",
    "attempt 4, openai: kept - proven (0.0100 USD)",
)  # fmt: skip


@dataclass
class User:
    """A toolkit, in the environment of somebody with keys and an address of their own."""

    kit: Toolkit
    temporary: Path
    trap: ModelServer
    more: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        theirs = {"ANTHROPIC_BASE_URL": self.trap.url, "OPENAI_BASE_URL": f"{self.trap.url}/v1"}
        own = {"TMPDIR": str(self.temporary), "OPENAI_ORG_ID": "org-users", **KEYS, **theirs}
        return self.kit.environ({**own, **self.more})

    def run(self, *command: str | Path) -> Ended:
        done = subprocess.run(
            command, env=self.environ(), cwd=self.kit.top.parent, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr, self.kit.runs()[-1])

    def left_behind(self) -> list[str]:
        """Processes of the stand-in, and folders that it or its servers made."""
        ours = str(self.kit.top / "tests")
        lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        made = [path.name for path in self.temporary.iterdir()]
        return [line for line in lines if ours in line and "stand_in" in line] + [
            name for name in made if name.startswith(("improve-demo-", "model-"))
        ]


@pytest.fixture
def user(tmp_path: Path, cache: Path) -> Iterator[User]:
    kit = toolkit(tmp_path / "toolkit", cache)
    shutil.copytree(HERE / "tests" / "support", kit.top / "tests" / "support")
    with tempfile.TemporaryDirectory(prefix="d") as short, anthropic.serve([]) as trap:
        yield User(kit, Path(short), trap)


def killed_after_the_second_attempt(user: User) -> None:
    """With the network there is: the target's environment is built meanwhile."""
    said = user.kit.top.parent / "said"
    with said.open("w") as sink:
        child = subprocess.Popen(
            [user.kit.top / "run.sh", "--demo", "agents"], env=user.environ(),
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 240
    while time.monotonic() < until and child.poll() is None:
        if any((user.kit.top / "outputs").glob("20*/attempts/2/attempt.json")):
            break
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, f"it ended before it was killed:\n{said.read_text()}"


def nothing_is_left(user: User) -> None:
    until = time.monotonic() + 5
    while (left := user.left_behind()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left, left


def the_users_keys_were_not_used(user: User) -> None:
    assert [seen.path for seen in user.trap.seen] == [], "the user's own address was asked"
    urllib.request.urlopen(urllib.request.Request(user.trap.url, method="HEAD")).close()
    assert len(user.trap.seen) == 1, "the control: such a request would not have been noticed"
    outputs = [path for path in (user.kit.top / "outputs").rglob("*") if path.is_file()]
    values = [key.encode() for key in KEYS.values()]
    assert not [path for path in outputs if any(key in path.read_bytes() for key in values)]


@pytest.mark.slow
def test_it_climbs_the_ladder_without_a_network_and_without_the_users_keys(user: User) -> None:
    if subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    killed_after_the_second_attempt(user)
    nothing_is_left(user)
    the_users_keys_were_not_used(user)
    # A proxy of the user's that leads nowhere: what lies on this machine is asked directly.
    user.more = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    ended = user.run(*ALONE, user.kit.top / "run.sh", "--resume").good()
    attempts = ended.artifact("fix")["attempts"]
    assert [(one["agent"], one["outcome"]) for one in attempts] == STORY, ended.err
    assert [line for line in TOLD if line not in ended.err] == [], ended.err
    stands_in = (user.kit.top / "examples" / "agents" / "stand-in.txt").read_text()
    assert all(line.strip() in ended.err for line in stands_in.splitlines()), ended.err
    assert "The models were scripted: Claude 3 times and the OpenAI model 4 times" in ended.err
    place = user.kit.top / "outputs" / "examples" / "agents" / "repository"
    assert git(place, "diff", "--name-only", "main", BRANCH) == "src/durations/parse.py"
    assert RIGHT in git(place, "show", f"{BRANCH}:src/durations/parse.py") + "\n"
    report = ended.report.replace("\\", "")
    for words in ("> **Demo** `agents`", "Stands in: the models.", "**Status:** ✅ Success",
                  "0.0335 USD of 1.0 allowed"):  # fmt: skip
        assert words in report, words
    nothing_is_left(user)


def without_packages(user: User) -> User:
    """Its packages are the core's, and no index is in reach."""
    core_environment(user.kit.top)
    user.more = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    return user


def test_when_no_agent_can_be_installed_it_stops_and_says_what_to_do(user: User) -> None:
    ended = without_packages(user).run(user.kit.top / "run.sh", "--demo", "agents")
    assert ended.code == 1, ended.err
    assert "Installing what the agent claude needs" in ended.err and "about 170 MB" in ended.err
    assert "Neither of the agents that this demo shows could be installed." in ended.err
    assert "pip's settings for a mirror. ./run.sh --demo needs none of them." in ended.err
    assert f"Go on with: ./run.sh --resume {ended.run and ended.run.name}" in ended.err
    assert not (ended.run or Path()).joinpath("fetch-logs.json").exists(), "a phase was begun"
    events = [one["event"] for one in journal.events(ended.run or Path())]
    assert events[:3] == ["opened", "session", "session"], (
        "what the installation took is not the run's"
    )
    assert "could be installed" not in ended.out and "Traceback" not in ended.err
    nothing_is_left(user)


def test_everything_that_would_lead_to_a_vendor_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {**KEYS, "OPENAI_ORG_ID": "org-users", "OPENAI_PROJECT_ID": "proj-users",
              "OPENAI_ADMIN_KEY": "sk-admin-users", "ANTHROPIC_BASE_URL": "https://users.example",
              "OPENAI_BASE_URL": "https://users.example/v1", "NO_PROXY": "users.example"}  # fmt: skip
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    with play(tmp_path, tmp_path, tmp_path) as world:
        given = {**os.environ, **world.environ}
    kept = [name for name, value in theirs.items() if given[name] == value]
    assert kept == [], f"the phases would get the user's own {kept}"
    assert given["NO_PROXY"] == given["no_proxy"] == "127.0.0.1,users.example"
