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

NEEDED = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
BESIDE = Path(sys.prefix) / "targets"


@functools.cache
def interpreter(*distributions: str) -> str:
    """The path of such a Python; made once for these versions, in this project's environment."""
    wanted = [distribution(name) for name in sorted({*NEEDED, *distributions})]
    versions = repr([(one.name, one.version) for one in wanted])
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


def _copy(one: Distribution, site: Path) -> None:
    for file in one.files or ():
        goal = site / file
        if ".." not in file.parts:  # programs, which name their interpreter
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(file.locate()), goal)
