"""A service manager or ``>&-`` starts programs without an output: the work is done all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.toolkit import Toolkit, request

CLOSED = ("", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-")
LOG = "All is well.\nNothing failed.\n"


def closed(kit: Toolkit, how: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {how}', "bash", *words], env=kit.environ({}),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("how", CLOSED, ids=lambda how: how or "open")
@pytest.mark.parametrize("bad", [False, True], ids=["valid", "refused"])
def test_a_request_is_checked_wherever_its_answer_goes(
    kit: Toolkit, shop: Path, tmp_path: Path, how: str, bad: bool
) -> None:
    info = request(tmp_path / "request", shop, raw__logs=LOG, **({"surprise": 1} if bad else {}))
    done = closed(kit, how, kit.top / "run.sh", "--validate", "--request", info)
    assert done.returncode == (2 if bad else 0), done.stdout + done.stderr
    assert "bug of ours" not in done.stderr and "Traceback" not in done.stdout + done.stderr
    if "2>&-" not in how:
        assert ("surprise" if bad else "is valid") in done.stderr


@pytest.mark.parametrize("how", CLOSED, ids=lambda how: how or "open")
def test_a_run_folder_is_as_it_always_is(
    kit: Toolkit, shop: Path, tmp_path: Path, how: str
) -> None:
    """What is opened next gets a closed one's number: nothing that is said may end in a file."""
    info = request(tmp_path / "request", shop, raw__logs=LOG, agents=["scripted"])
    python = kit.top / ".venv" / "bin" / "python"
    starts = "import sys; sys.path.insert(0, sys.argv.pop(1)); from improve.cli import main; main()"
    outputs = ("--outputs", kit.top / "outputs")
    words = (python, "-I", "-c", starts, kit.top / "tools")
    done = closed(kit, how, *words, "validate", "--request", info, *outputs)
    assert done.returncode == 0, done.stderr
    (run,) = kit.runs()
    done = closed(kit, how, *words, "fetch-logs", run)
    assert done.returncode == 0, done.stderr
    said = [
        path for path in run.rglob("*") if path.is_file() and ">>> fetch-logs" in path.read_text()
    ]
    assert (run / "fetch-logs.json").is_file() and said == []
