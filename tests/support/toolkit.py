"""The product through its front door: a private copy of the toolkit, its run.sh, its files.

The copy runs its own code with the packages of the interpreter that runs the tests, so nothing
is installed and nothing is written outside the copy and the cache folder that is given.
"""

from __future__ import annotations

import compileall
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.interpreter import interpreter

HERE = Path(__file__).resolve().parents[2]
LEFT_OUT = ("tests/", "benchmarks/", "requirements/dev.lock")
PATIENCE = 300


@dataclass(frozen=True)
class Ended:
    """How one call of run.sh ended, and the run that it worked on (None: it opened none)."""

    code: int
    out: str
    err: str
    run: Path | None

    @property
    def report(self) -> str:
        """The Markdown report; the call's messages when there is none."""
        assert self.run, f"no run was opened: {self.err}"
        place = self.run.with_name(f"{self.run.name}.md")
        assert place.is_file(), f"no report; exit {self.code}:\n{self.err}"
        return place.read_text()

    def artifact(self, name: str) -> dict[str, Any]:
        """One artifact of the run, e.g. ``fix``."""
        assert self.run, f"no run was opened: {self.err}"
        place = self.run / f"{name}.json"
        assert place.is_file(), f"no {name}.json; exit {self.code}:\n{self.err}"
        found: dict[str, Any] = json.loads(place.read_text())
        return found

    def good(self) -> Ended:
        """Itself, when it ended with 0."""
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True)
class Toolkit:
    """A copy of the toolkit at ``top``; built environments lie in ``cache``."""

    top: Path
    cache: Path

    def environ(self, extra: Mapping[str, str]) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("IMPROVE_", "PYTHON"))}
        return {**kept, "IMPROVE_CACHE_DIR": str(self.cache), **extra}

    def start(
        self, *options: str | Path, to: IO[bytes] | None = None, **extra: str
    ) -> subprocess.Popen[bytes]:
        """run.sh in a process group of its own, its messages thrown away or written ``to``."""
        return subprocess.Popen(
            [self.top / "run.sh", *options], env=self.environ(extra), cwd=self.top.parent,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=to or subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def run(
        self,
        *options: str | Path,
        cwd: Path | None = None,
        patience: float = PATIENCE,
        **extra: str,
    ) -> Ended:
        """run.sh to its end, within ``patience`` seconds; ``extra`` are environment variables."""
        before = set(self.runs())
        done = subprocess.run(
            [self.top / "run.sh", *options], env=self.environ(extra), cwd=cwd or self.top.parent,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience, check=False,
        )  # fmt: skip
        new = sorted(set(self.runs()) - before)
        resumed = sorted(before)[-1:] if "--resume" in options else []
        return Ended(done.returncode, done.stdout, done.stderr, (new or resumed or [None])[-1])

    def runs(self) -> list[Path]:
        """Run folders, oldest first."""
        return sorted(p for p in (self.top / "outputs").glob("20*") if p.is_dir())


def toolkit(place: Path, cache: Path) -> Toolkit:
    """A copy of the toolkit at ``place``, ready to run."""
    shutil.copytree(_files(cache.parent), place, dirs_exist_ok=True)
    _virtual_environment(place)
    return Toolkit(place, cache)


@functools.cache
def _files(beside: Path) -> Path:
    """The toolkit's own files as they were when the tests began: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HERE, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    top = beside / "toolkit-files"
    for name in listed:
        if name and not name.startswith(LEFT_OUT) and (HERE / name).is_file():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(HERE / name, top / name)
    compileall.compile_dir(top / "tools", quiet=1)  # else each copy is compiled at its first run
    return top


def _virtual_environment(place: Path) -> None:
    # What run.sh would make on first use, with the packages that are there already.
    venv = place / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(Path(sys.prefix) / "bin" / "python")
    (venv / "lib").symlink_to(Path(sys.prefix) / "lib")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    content = b"".join(
        (place / n).read_bytes() for n in ("requirements/core.lock", "pyproject.toml")
    )
    (venv / "ready").write_text(f"core {hashlib.sha256(content).hexdigest()}\n")


def request(folder: Path, repository: Path | None, **values: object) -> Path:
    """Write ``info.json`` into ``folder``; ``__`` in a key stands for a hyphen."""
    given: dict[str, object] = {
        "deterministic": True,
        "prompt": "It fails; fix it.",
        "name": "wrong-total",
    }
    if repository is not None:
        given["repository"] = str(repository)
    given.update({key.replace("__", "-"): value for key, value in values.items()})
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / "info.json"
    place.write_text(json.dumps(given))
    return place


@functools.cache
def _log_of(files: tuple[tuple[str, str], ...], targets: tuple[str, ...]) -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, text in files:
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text(text)
        done = subprocess.run(
            [interpreter(), "-m", "pytest", "-q", "-p", "no:cacheprovider", *targets],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    return done.stdout


def log_of(files: Mapping[str, str], targets: Sequence[str] = ()) -> str:
    """What pytest prints on a project with these files."""
    return _log_of(tuple(sorted(files.items())), tuple(targets))


def headings(report: str) -> list[str]:
    """The numbered section headings of a report."""
    return re.findall(r"(?m)^## (\d\. .+)$", report)
