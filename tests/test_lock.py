"""One run per repository and failure: the second is told who holds the lock."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from improve import lock
from improve.errors import AlreadyRunning


def run_folder(outputs: Path, name: str, shared: str) -> tuple[Path, int]:
    """A run folder and the opened descriptor of its lock, as run.sh has it."""
    run = outputs / name
    run.mkdir()
    (run / "lock").symlink_to(outputs / shared)
    return run, os.open(run / "lock", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "WAITS", (0.01,))


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    first, held = run_folder(tmp_path, "first", "shop.lock")
    second, wanted = run_folder(tmp_path, "second", "shop.lock")
    lock.take(held, first)
    with pytest.raises(AlreadyRunning, match=rf"first \(process {os.getppid()}\)"):
        lock.take(wanted, second)
    os.close(held)
    lock.take(wanted, second)
    os.close(wanted)


def test_other_failures_run_side_by_side(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, name, f"{name}.lock") for name in ("one", "two")]
    for run, descriptor in runs:
        lock.take(descriptor, run)
        os.close(descriptor)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"run": "x"}', b"\xff"])
def test_a_holder_that_has_not_said_its_name_yet(tmp_path: Path, content: bytes) -> None:
    first, held = run_folder(tmp_path, "first", "shop.lock")
    second, wanted = run_folder(tmp_path, "second", "shop.lock")
    lock.take(held, first)
    (tmp_path / "shop.lock").write_bytes(content)
    began = time.monotonic()
    with pytest.raises(AlreadyRunning, match="just starting"):
        lock.take(wanted, second)
    assert time.monotonic() - began < 10
    os.close(held)
    os.close(wanted)
