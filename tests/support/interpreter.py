"""A target's interpreter: pytest and what is named, none of what these tests themselves need.

A pytest loads every plugin that is installed beside it. Ours (hypothesis, xdist) cost it two thirds
of its start, of which a check makes dozens; no environment that the product builds has them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import shutil
import sys
import tempfile
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

BESIDE = Path(sys.prefix) / "targets"


@functools.cache
def interpreter(*distributions: str) -> str:
    """The path of such a Python; made once for these versions, in this project's environment."""
    wanted = _with_needs("pytest", *distributions)
    versions = repr([sys.version, "programs", *((one.name, one.version) for one in wanted)])
    place = BESIDE / hashlib.sha256(versions.encode()).hexdigest()[:12]
    if not place.exists():
        BESIDE.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BESIDE) as folder:
            draft = Path(folder) / "venv"
            venv.create(draft, symlinks=True)
            (site,) = draft.glob("lib/python*/site-packages")
            for one in wanted:
                _copy(one, site)
            with contextlib.suppress(OSError):  # another worker was quicker
                draft.rename(place)
    return str(place / "bin" / "python")


def _with_needs(*names: str) -> list[Distribution]:
    """These distributions and what they need under this Python, in the order of their names."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found[name] = distribution(name)
            asked = map(Requirement, found[name].requires or ())
            waiting += [
                one.name for one in asked if not one.marker or one.marker.evaluate({"extra": ""})
            ]
    return [found[name] for name in sorted(found)]


def _copy(one: Distribution, site: Path) -> None:
    for file in one.files or ():
        source, goal = Path(str(file.locate())), site / file
        with source.open("rb") as stream:
            names_its_interpreter = ".." in file.parts and stream.read(2) == b"#!"
        if not names_its_interpreter:
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, goal)
