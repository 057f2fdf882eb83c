"""Files of somebody else, and users without a home: told with a cure, and no bug of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.toolkit import Toolkit, request
from tests.support.unprivileged import NOBODY, unprivileged
from tests.support.verbs import improve

LOG = "All is well.\nNothing failed.\n"


def homeless(kit: Toolkit, info: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A run opened by a number that no list of users knows, as ``docker run --user`` makes it."""
    environ = {
        name: value
        for name, value in kit.environ({}).items()
        if name not in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "IMPROVE_CACHE_DIR")
    }
    words = [kit.top / ".venv" / "bin" / "python", "-I", "-c", STARTS, kit.top / "tools"]
    outputs = ("--outputs", kit.top / "outputs")
    return unprivileged(
        *words, "validate", "--request", info, *outputs, environ={**environ, **more}, user=NOBODY
    )


# As run.sh starts a verb.
STARTS = "import sys; sys.path.insert(0, sys.argv.pop(1)); from improve.cli import main; main()"


@pytest.fixture
def info(tmp_path: Path, shop: Path) -> Path:
    return request(tmp_path / "request", shop, raw__logs=LOG, agents=["scripted"])


def test_a_run_that_belongs_to_somebody_else(kit: Toolkit, info: Path) -> None:
    outputs = ("--outputs", kit.top / "outputs")
    assert improve("validate", "--request", info, *outputs).returncode == 0
    (run,) = kit.runs()
    (run / "journal.jsonl").chmod(0o400)
    done = unprivileged(kit.top / "run.sh", "--resume", environ=kit.environ({}))
    assert done.returncode == 1, done.stderr
    assert f"!!! {run / 'journal.jsonl'}: Permission denied." in done.stderr
    assert "after a `sudo ./run.sh`? Give it back with chown" in done.stderr
    assert "bug of ours" not in done.stderr
    (run / "journal.jsonl").chmod(0o600)
    verb = (sys.executable, "-m", "improve", "resume", run.name, *outputs)
    assert unprivileged(*verb, environ=kit.environ({})).returncode == 0, "the control: it is ours"


def test_without_a_home_the_cache_needs_a_place(kit: Toolkit, info: Path) -> None:
    done = homeless(kit, info)
    assert done.returncode == 1 and done.stdout == "", done.stderr
    assert "!!! This user has no home folder" in done.stderr and "bug of ours" not in done.stderr
    assert "Set HOME, or cache-dir in improve.yaml (IMPROVE_CACHE_DIR)" in done.stderr


@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "IMPROVE_CACHE_DIR"])
def test_without_a_home_each_of_its_places_will_do(
    kit: Toolkit, info: Path, tmp_path: Path, name: str
) -> None:
    done = homeless(kit, info, **{name: str(tmp_path / "given")})
    assert done.returncode == 0, done.stderr
    lock = (Path(done.stdout.strip()) / "lock").readlink()
    assert tmp_path / "given" in lock.parents


def test_without_a_home_the_machine_is_looked_at(kit: Toolkit, tmp_path: Path) -> None:
    """``doctor`` looks for programs and settings where a home would have them."""
    environ = {**kit.environ({}), "IMPROVE_CACHE_DIR": str(tmp_path / "given")}
    del environ["HOME"]
    words = [kit.top / ".venv" / "bin" / "python", "-I", "-c", STARTS, kit.top / "tools", "doctor"]
    done = unprivileged(*words, environ=environ, user=NOBODY)
    assert "bug of ours" not in done.stderr and done.stdout.count("\n") > 3, done.stderr
