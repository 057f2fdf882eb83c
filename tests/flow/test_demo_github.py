"""``./run.sh --demo github``: the whole journey with what a newcomer has, and without a network."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.core_environment import core_environment
from tests.support.github_server import TOKEN, real_gh
from tests.support.repositories import git
from tests.support.toolkit import HERE, Ended, Toolkit, toolkit

BRANCH = "fix/moved-name-in-layers"
TITLE = "fix(merge): AttributeError in test_mappings_are_merged_key_by_key"
USERS_TOKEN = "ghp_" + "9" * 36
ONLY_LOOPBACK = ["unshare", "-rn"]  # a network of its own, with nothing in it


@dataclass(frozen=True)
class Newcomer:
    """A whole toolkit with the packages of the core's lock, started without a network."""

    kit: Toolkit
    temporary: Path
    home: Path

    @property
    def world(self) -> Path:
        return self.kit.top / "outputs" / "examples" / "github"

    def environ(self, gh: Path) -> dict[str, str]:
        only = self.temporary.parent / f"bin-{gh.parent.parent.name}"
        if not only.exists():
            only.mkdir()
            (only / "gh").symlink_to(gh)
        path = f"{only}{os.pathsep}{os.environ['PATH']}"
        signed_in = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "GH_TOKEN": USERS_TOKEN,
        }
        return self.kit.environ({"PATH": path, "TMPDIR": str(self.temporary), **signed_in})

    def run(self, gh: Path, *options: str) -> Ended:
        done = subprocess.run(
            [*ONLY_LOOPBACK, self.kit.top / "run.sh", *options], env=self.environ(gh),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout, done.stderr, self.kit.runs()[-1])

    def stored(self) -> list[dict[str, Any]]:
        found = json.loads((self.world / "stored" / "pull-requests.json").read_text())
        return list(found["pulls"])

    def left_behind(self) -> list[str]:
        """Processes of the stand-in, and folders that it or its server made."""
        ours = str(self.kit.top / "tests")
        lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        found = [line for line in lines if ours in line and "stand_in" in line]
        made = ("improve-demo-", "gh-")
        return found + [p.name for p in self.temporary.iterdir() if p.name.startswith(made)]


@pytest.fixture
def newcomer(tmp_path: Path, cache: Path) -> Iterator[Newcomer]:
    kit = toolkit(tmp_path / "toolkit", cache)
    shutil.copytree(HERE / "tests" / "support", kit.top / "tests" / "support")
    shutil.copytree(
        HERE / "tests" / "resources" / "github", kit.top / "tests" / "resources" / "github"
    )
    core_environment(kit.top)
    home = tmp_path / "home"
    (home / "gh").mkdir(parents=True)
    # What cannot be read as gh's configuration stops every gh that looks for the user's sign-in.
    (home / "gh" / "hosts.yml").write_text("github.com: [\n")
    with tempfile.TemporaryDirectory(prefix="d") as short:
        (Path(short) / "tmp").mkdir()
        yield Newcomer(kit, Path(short) / "tmp", home)


def every_gh() -> list[Path]:
    """The gh of the environment, and PATH's when it is another one."""
    found = [real_gh(), *map(Path, filter(None, [shutil.which("gh")]))]
    return list({path.resolve(): path for path in found}.values())


def killed_while_it_publishes(newcomer: Newcomer, gh: Path) -> None:
    """Start the demo, with the network there is (the target's environment is built), and kill it."""
    said = newcomer.temporary.parent / "said"
    with said.open("w") as sink:
        child = subprocess.Popen(
            [newcomer.kit.top / "run.sh", "--demo", "github"], env=newcomer.environ(gh),
            stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + 240
    while time.monotonic() < until and child.poll() is None:
        journals = (newcomer.kit.top / "outputs").glob("20*/journal.jsonl")
        if any('"phase": "publish"' in place.read_text() for place in journals):
            break
        time.sleep(0.02)
    assert newcomer.left_behind(), f"no stand-in was running:\n{said.read_text()}"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, f"it ended before it was killed:\n{said.read_text()}"
    nothing_is_left(newcomer)


def nothing_is_left(newcomer: Newcomer) -> None:
    until = time.monotonic() + 5
    while (left := newcomer.left_behind()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not left, left


def one_draft_is_stored(newcomer: Newcomer) -> None:
    (pull,) = newcomer.stored()
    assert (pull["number"], pull["draft"], pull["title"]) == (1, True, TITLE)
    assert (pull["head"]["label"], pull["base"]["ref"]) == (f"acme:{BRANCH}", "main")
    assert "https://github.com/acme/layers/actions/runs/7/attempts/1" in pull["body"]
    text = (newcomer.world / "stored" / "pull-request-1.md").read_text()
    assert text.startswith(f"# {TITLE}\n") and pull["body"] in text
    shown = git(newcomer.world / "origin.git", "show", "--format=%s", BRANCH)
    assert shown.startswith(TITLE) and "+import collections.abc\n" in shown


def it_says_what_is_real(newcomer: Newcomer, ended: Ended) -> None:
    told = (newcomer.kit.top / "examples" / "github" / "stand-in.txt").read_text()
    start, _, rest = ended.err.partition(">>> Run ")
    assert all(line.strip() in start for line in told.splitlines()), ended.err
    end = rest.partition(">>> GitHub was played (")[2]
    for words in (TITLE, BRANCH, "https://github.com/acme/layers/pull/1 (leads nowhere)"):
        assert words in end, f"{words!r} is not said at the end:\n{ended.err}"
    assert str(newcomer.world / "stored" / "pull-request-1.md") in end
    assert "> **Demo** `github`" in ended.report and "Stands in: GitHub" in ended.report
    assert "**Status:** ✅ Success" in ended.report
    assert "its address leads nowhere" in ended.report


def no_token_is_kept(newcomer: Newcomer, ended: Ended) -> None:
    holders = [
        path for path in (newcomer.kit.top / "outputs").rglob("*")
        if path.is_file() and any(t.encode() in path.read_bytes() for t in (TOKEN, USERS_TOKEN))
    ]  # fmt: skip
    assert holders == [] and TOKEN not in ended.err and USERS_TOKEN not in ended.err


def gh_stops_when_it_reads_the_users_sign_in(newcomer: Newcomer, gh: Path) -> None:
    said = subprocess.run(
        [gh, "api", "user"], env=newcomer.environ(gh), capture_output=True, text=True
    )
    assert "invalid config" in said.stderr, "the control: such a gh would not be noticed"


@pytest.mark.slow
def test_the_whole_demo_without_a_network(newcomer: Newcomer) -> None:
    first, *others = every_gh()
    if subprocess.run([*ONLY_LOOPBACK, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    gh_stops_when_it_reads_the_users_sign_in(newcomer, first)
    killed_while_it_publishes(newcomer, first)
    resumed = newcomer.run(first, "--resume").good()
    assert "fetch-logs: done before, kept" in resumed.err
    one_draft_is_stored(newcomer)
    nothing_is_left(newcomer)
    again = newcomer.run(first, "--resume", "--from", "publish").good()
    assert again.artifact("publish")["outcome"] == "unchanged", again.err
    one_draft_is_stored(newcomer)
    for gh in others or [first]:
        shutil.rmtree(newcomer.world)
        ended = newcomer.run(gh, "--demo", "github").good()
        assert ended.artifact("publish")["outcome"] == "created"
        assert ended.artifact("fetch-logs")["ci_run"]["jobs"][0]["name"] == "test (3.11)"
        one_draft_is_stored(newcomer)
        it_says_what_is_real(newcomer, ended)
        no_token_is_kept(newcomer, ended)
        nothing_is_left(newcomer)
