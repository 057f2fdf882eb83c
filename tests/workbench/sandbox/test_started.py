"""Whether a program was started is told by what starts it, never by what the program prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from improve.errors import ImproveError
from improve.workbench import process, sandbox

WORLD = {"PATH": os.defpath}
WORDS = ("bwrap: Can't find source path", "sandbox: OSError: no", "sudo: a password is required")


def run(level: str, tree: Path, *argv: str) -> process.Finished:
    fence = sandbox.Held(sandbox.Fence(tree), level)  # type: ignore[arg-type]
    return process.run(argv, cwd=tree, env=WORLD, timeout=20, fence=fence)


@pytest.mark.parametrize("words", WORDS)
def test_the_sandboxes_words_from_a_program_are_the_programs(
    level: str, tree: Path, words: str
) -> None:
    done = run(level, tree, "sh", "-c", f'echo "{words}" >&2; exit 1')
    assert (done.returncode, done.error_text, done.started) == (1, words + "\n", True)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_however_a_program_ends_it_was_started(
    level: str, tree: Path, script: str, status: int
) -> None:
    done = run(level, tree, "sh", "-c", script)
    assert (done.returncode, done.started) == (status, True)


def test_a_program_that_ends_what_watches_it_is_no_failed_start(level: str, tree: Path) -> None:
    done = run(level, tree, "sh", "-c", "kill -TERM $PPID; sleep 1; exit 5")
    assert done.started and done.returncode in (5, 143), done


def test_a_program_holds_nothing_through_which_it_could_tell(level: str, tree: Path) -> None:
    done = run(level, tree, "sh", "-c", "ls -l /proc/self/fd; ls -d /tmp/improve-*; echo x >&8")
    assert "told" not in done.text and "filter" not in done.text
    assert "Bad file descriptor" in done.error_text


def test_the_control_what_cannot_be_started_raises(level: str, tree: Path, tmp_path: Path) -> None:
    program, gone = tmp_path / "hidden" / "program", tmp_path / "no-such-folder"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    # bubblewrap cannot bind what is not there; landlock leaves that out, and the program cannot start.
    fence = sandbox.Held(sandbox.Fence(tree, writable=(gone,)), level)  # type: ignore[arg-type]
    said = "PermissionError" if level == "landlock" else "no-such-folder"
    with pytest.raises(ImproveError, match=rf"could not be started in the sandbox.*{said}"):
        process.run([program], cwd=tree, env=WORLD, timeout=20, fence=fence)
    assert not (tree / "ran").exists()


def test_a_start_that_says_yes_and_did_nothing_raises(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ImproveError, match=r"could not be started.*it said nothing"):
        run("bubblewrap", tree, "touch", "ran")
