"""The cache is made of other things and may be deleted or locked up at any time: runs go on."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from tests.support.toolkit import Toolkit, request, toolkit
from tests.support.unprivileged import unprivileged
from tests.support.verbs import improve

LOG = "All is well.\nNothing failed.\n"


@pytest.fixture
def own(tmp_path: Path) -> Toolkit:
    """A toolkit whose cache no other test uses."""
    (tmp_path / "own").mkdir()
    return toolkit(tmp_path / "own" / "toolkit", tmp_path / "own" / "cache")


@pytest.fixture
def opened(own: Toolkit, shop: Path, tmp_path: Path) -> Path:
    """A run that was opened, and ended before its first phase."""
    info = request(tmp_path / "request", shop, raw__logs=LOG, agents=["scripted"])
    done = improve(
        "validate", "--request", info, "--outputs", own.top / "outputs",
        IMPROVE_CACHE_DIR=str(own.cache),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def resumed(kit: Toolkit, said: Path) -> str:
    """What run.sh says until its first phase begins, or it ends."""
    with said.open("wb") as stream:
        child = kit.start("--resume", to=stream)
    until = time.monotonic() + 120
    while ">>> Run " not in said.read_text() and child.poll() is None:
        assert time.monotonic() < until, said.read_text()
        time.sleep(0.05)
    child.terminate()
    child.wait(60)
    return said.read_text()


@pytest.mark.parametrize("gone", ["the cache", "the link", "the link's folder's folder"])
def test_a_run_whose_lock_is_gone_is_resumed(
    own: Toolkit, opened: Path, tmp_path: Path, gone: str
) -> None:
    lock = (opened / "lock").readlink()
    if gone == "the link":
        (opened / "lock").unlink()  # as in a run folder that another machine made
    shutil.rmtree(own.cache)
    if gone == "the link's folder's folder":
        own = Toolkit(own.top, tmp_path / "another-cache")  # it stays where it was: others hold it
    said = resumed(own, tmp_path / "said")
    assert f">>> Run {opened.name}\n" in said, said
    assert (opened / "lock").readlink() == lock
    assert f'"run": "{opened.name}"' in lock.read_text(), "it is not the one that was taken"


def test_locks_that_may_not_be_written_are_told_with_their_cure(own: Toolkit, opened: Path) -> None:
    locks = own.cache / "locks"
    for lock in locks.iterdir():
        lock.unlink()
    for words in ([own.top / "run.sh", "--resume"], again(own, opened)):
        locks.chmod(0o500)
        try:
            done = unprivileged(*words, environ=own.environ({}))
        finally:
            locks.chmod(0o700)
        assert done.returncode == 1
        assert (
            f"!!! {locks}/" in done.stderr
            and "cannot be written: Permission denied." in done.stderr
        )
        assert "Correct its permissions, or " in done.stderr and ": line " not in done.stderr
    assert own.runs() == [opened]
    assert ">>> Run " in resumed(own, own.top.parent / "said"), "the control: it may be now"


def again(kit: Toolkit, run: Path) -> list[str | Path]:
    """The command that begins the same once more."""
    return [kit.top / "run.sh", "--request", run / "request.json"]
