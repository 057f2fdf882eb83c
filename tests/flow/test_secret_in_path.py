"""A secret that is also the name of a run: run.sh needs its path as it is, people do not see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.toolkit import Toolkit, request
from tests.support.verbs import improve

SECRET = {"DB_PASSWORD": "shop-database-2"}
MARK = "[redacted: DB_PASSWORD]"
LOG = "All is well.\nNothing failed.\n"


@pytest.fixture
def info(shop: Path, tmp_path: Path) -> Path:
    name = SECRET["DB_PASSWORD"]
    return request(tmp_path / "request", shop, name=name, raw__logs=LOG, agents=["scripted"])


@pytest.mark.slow
def test_a_run_with_a_secret_in_its_name_comes_to_its_report(kit: Toolkit, info: Path) -> None:
    ended = kit.run("--request", info, DEBUG="1", **SECRET)
    (run,) = kit.runs()
    assert run.name.endswith(SECRET["DB_PASSWORD"])
    assert (run / "report.json").is_file() and run.with_name(f"{run.name}.md").is_file(), ended.err
    assert f"_{MARK}\n" in ended.err and f"_{MARK}.md\n" in ended.err
    opened = ended.err.partition(">>> The trace ends here")
    assert SECRET["DB_PASSWORD"] not in opened[0] + opened[2] and opened[1]
    resumed = kit.run("--resume", **SECRET)
    assert f">>> Run {run.name.replace(SECRET['DB_PASSWORD'], MARK)}\n" in resumed.err
    assert kit.runs() == [run] and SECRET["DB_PASSWORD"] not in resumed.err


def test_a_step_hands_on_the_path_and_shows_it_without(
    kit: Toolkit, info: Path, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    done = subprocess.run(
        [kit.top / "tools/shell/step.sh", "validate", "--request", info, "--outputs", tmp_path / "o"],
        env=kit.environ({**SECRET, "GITHUB_OUTPUT": str(output)}), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    (run,) = (tmp_path / "o").glob("20*")
    assert output.read_text() == f"result={run}\n"
    assert MARK in done.stderr and SECRET["DB_PASSWORD"] not in done.stderr + done.stdout


def test_who_calls_a_verb_sees_no_secret(info: Path, tmp_path: Path) -> None:
    """The control: nobody said that a script reads it."""
    done = improve("validate", "--request", info, "--outputs", tmp_path / "o", **SECRET)
    assert done.returncode == 0 and done.stdout.endswith(f"_{MARK}\n")
