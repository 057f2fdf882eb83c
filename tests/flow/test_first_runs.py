"""The first run makes .venv: by the real venv and pip, of packages that are small and lie beside it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from tests.support.interpreter import interpreter
from tests.support.toolkit import HERE

pytestmark = pytest.mark.slow
NAMES = ("pydantic", "improve")  # by the first the environment is known; the second is our own
PREPARES = """\
HERE=$1
. "$HERE/tools/shell/logging.sh"
. "$HERE/tools/shell/setup.sh"
prepare_venv core
for one in /proc/$$/fd/*; do [[ $(readlink "$one") != *venv.lock ]] || echo "still held"; done
"""
# A Python that writes down whether it was given the lock.
PYTHON = """\
#!/bin/sh
for one in /proc/$$/fd/*; do case $(readlink "$one") in *venv.lock) echo inherited >>"{told}" ;; esac; done
exec "{python}" "$@"
"""
BACKEND = """\
import shutil
def build_editable(into, settings=None, metadata=None):
    return shutil.copy("links/improve-1.0-py3-none-any.whl", into).rpartition("/")[2]
"""
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A toolkit that has the shell's files, and no .venv yet."""
    top = tmp_path / "toolkit"
    shutil.copytree(HERE / "tools" / "shell", top / "tools" / "shell")
    (top / "links").mkdir()
    for name in NAMES:
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(top / "links" / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            wheel.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{info}/RECORD", "")
    package = (top / "links" / "pydantic-1.0-py3-none-any.whl").read_bytes()
    (top / "requirements").mkdir()
    lock = f"pydantic==1.0 --hash=sha256:{hashlib.sha256(package).hexdigest()}\n"
    (top / "requirements" / "core.lock").write_text(lock)
    (top / "pyproject.toml").write_text(PROJECT)
    (top / "backend.py").write_text(BACKEND)
    (top / "prepares.sh").write_text(PREPARES)
    (top / "python").write_text(PYTHON.format(told=top / "told", python=interpreter()))
    (top / "python").chmod(0o755)
    return top


def start(top: Path, said: Path, **more: str) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ, "IMPROVE_TOOLKIT_PYTHON": str(top / "python"), "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(top / "links"), **more,
    }  # fmt: skip
    words = ["bash", "-Eeuo", "pipefail", top / "prepares.sh", top]
    with said.open("wb") as stream:
        return subprocess.Popen(
            words, env=environ, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )


def one_after_the_other(top: Path) -> tuple[str, str]:
    """What two first runs say; the second begins when the first is in the middle of it."""
    said = [top / "said-1", top / "said-2"]
    first = start(top, said[0])
    until = time.monotonic() + 60
    while not (top / ".venv" / "bin" / "python").exists():
        assert first.poll() is None and time.monotonic() < until, said[0].read_text()
        time.sleep(0.01)
    second = start(top, said[1])
    codes = [child.wait(240) for child in (first, second)]
    told = said[0].read_text(), said[1].read_text()
    assert codes == [0, 0], "\n".join(told)
    return told


def test_two_first_runs_side_by_side_make_one_environment(top: Path) -> None:
    first, second = one_after_the_other(top)
    assert "Preparing the toolkit's own environment" in first and ">>> Ready." in first
    assert second == ">>> Another run is preparing .venv; waiting for it\n"
    assert len((top / ".venv" / "ready").read_text().splitlines()) == 1
    assert "still held" not in first + second
    assert not (top / "told").exists(), "what was started holds the lock, too"
    third = start(top, top / "said-3")
    assert third.wait(60) == 0 and (top / "said-3").read_text() == "", "it is ready"


def test_without_flock_a_first_run_is_made_as_ever(top: Path) -> None:
    """macOS has none."""
    programs = top / "programs"
    programs.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*"):
            if program.name != "flock" and not (programs / program.name).is_symlink():
                (programs / program.name).symlink_to(program)
    child = start(top, top / "said", PATH=str(programs))
    assert child.wait(240) == 0, (top / "said").read_text()
    assert ">>> Ready." in (top / "said").read_text()
    assert not (top / ".venv.lock").exists()
