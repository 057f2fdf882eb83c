"""The command line itself: refusals, help, exit codes, colours."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.malformed_requests import MALFORMED, Malformed
from tests.support.toolkit import Toolkit
from tests.support.verbs import improve

from improve.cli import main

VERBS = ("validate", "lock", "resume", "fetch-logs", "reproduce", "fix", "publish", "report")
ACTIONS = ("request-from-env", "adopt", "step-outputs", "install-workflow")
ALL_VERBS = (*VERBS, *ACTIONS, "doctor", "settings")
ESCAPE = "\x1b["


def on_a_terminal(argv: list[str | Path], environ: dict[str, str]) -> tuple[int, str]:
    """Exit code and what a person at a terminal sees."""
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        argv, env=environ, stdin=follower, stdout=follower, stderr=follower, close_fds=True
    )
    os.close(follower)
    seen = b""
    while True:
        try:
            block = os.read(leader, 4096)
        except OSError:  # Linux reports the closed other side as an error
            break
        if not block:
            break
        seen += block
    os.close(leader)
    return child.wait(60), seen.decode()


def in_this_process(*args: str | Path) -> int:
    """``improve`` without a process of its own, which would cost the table half a minute."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["improve", *map(str, args)])
            main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.name)
def test_a_malformed_request_is_refused_with_place_and_cure(
    tmp_path: Path, case: Malformed, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "info.json").write_bytes(case.data)
    args = ("validate", "--request", tmp_path / "info.json", "--outputs", tmp_path / "outputs")
    if MALFORMED.index(case) % 10:
        code, (out, err) = in_this_process(*args), capfd.readouterr()
    else:
        done = improve(*args)
        code, out, err = done.returncode, done.stdout, done.stderr
    assert (code, out) == (2, ""), err
    assert "Traceback" not in err
    missing = [word for word in case.words if word not in err]
    assert not missing, f"not said: {missing}\n{err}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["info.json"]


def test_a_machine_that_writes_nothing_is_told_not_reported_as_a_bug() -> None:
    words = [sys.executable, "-m", "improve", "doctor", "--probe"]
    done = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "!!! No usable temporary directory found" in done.stderr
    assert "Make room, or lift that limit. Go on with ./run.sh --resume." in done.stderr


@pytest.mark.parametrize("verb", ALL_VERBS)
def test_the_help_of_every_verb_has_an_example(verb: str) -> None:
    done = improve(verb, "--help")
    assert done.returncode == 0
    assert f"improve {verb}" in done.stdout.partition("Example")[2], done.stdout


def test_help_names_every_verb() -> None:
    done = improve("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert [verb for verb in ALL_VERBS if verb not in done.stdout] == []


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["validat"], 2, "validat"),
        (["validate", "--nonsense"], 2, "--nonsense"),
        (["validate", "--request", "/nonexistent/info.json"], 2, "/nonexistent/info.json"),
        (["fix", "no-such-run"], 2, "ls outputs"),
        (["resume", "no-such-run"], 1, "no-such-run"),
        (["resume", "--from", "lunch"], 2, "lunch"),
        (["--version"], 0, ""),
    ],
)
def test_exit_codes_of_the_verbs(args: list[str], code: int, words: str) -> None:
    done = improve(*args)
    assert done.returncode == code, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    assert (done.stdout == "") == (code != 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--nonsense"], "--nonsense"),
        (["info.json"], "info.json"),
        (["--request"], "--request needs a value"),
        (["--repo", "--demo"], "--repo needs a value"),
        (["--demo", "lunch"], "timeout-in-datamovement"),
        (["--from", "fix"], "--resume"),
        (["--validate", "--resume"], "do not go together"),
        (["--request", "/nonexistent/info.json"], "/nonexistent/info.json"),
        (["--validate", "--repo", "/nonexistent"], "/nonexistent"),
    ],
)
def test_wrong_options_of_run_sh_end_in_2(kit: Toolkit, options: list[str], words: str) -> None:
    ended = kit.run(*options)
    assert ended.code == 2, ended.err
    assert words in ended.err and ended.out == ""
    assert kit.runs() == []


def test_the_help_of_run_sh_is_its_header(kit: Toolkit) -> None:
    ended = kit.run("--help").good()
    assert "--resume [RUN]" in ended.out and "Exit codes:" in ended.out and ended.err == ""
    assert "#" not in ended.out and "set -" not in ended.out


def test_resuming_nothing_says_how_to_start(kit: Toolkit) -> None:
    ended = kit.run("--resume")
    assert ended.code == 1 and "./run.sh starts a new one" in ended.err


@pytest.mark.parametrize("options", [["--nonsense"], ["--dry-run"]])
def test_colours_are_for_terminals(kit: Toolkit, options: list[str]) -> None:
    command: list[str | Path] = [kit.top / "run.sh", *options]
    plain = kit.run(*options)
    assert ESCAPE not in plain.err and ESCAPE not in plain.out
    world = {**kit.environ({}), "TERM": "xterm-256color"}
    code, shown = on_a_terminal(command, world)
    assert ESCAPE in shown and code == plain.code
    code, shown = on_a_terminal(command, {**world, "NO_COLOR": "1"})
    assert ESCAPE not in shown and code == plain.code


def test_modules_lying_about_are_not_ours(kit: Toolkit, tmp_path: Path) -> None:
    """People start run.sh in the folder of their project, which may hold any file name."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    for name in ("click.py", "json.py", "improve.py", "yaml.py"):
        (place / name).write_text("raise SystemExit('a foreign module was imported')\n")
    ended = kit.run("--resume", cwd=place, PYTHONPATH=str(place))
    assert "foreign module" not in ended.err and ended.code == 1
