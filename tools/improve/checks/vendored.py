"""A target that holds this toolkit in one of its folders: pytest must not take that for its own.

pytest takes its settings from the folders above the tests that it is given, nearest first. For a
reproduction below ``<toolkit>/reproduce-.../`` the nearest would be the toolkit's own
pyproject.toml, so the settings that hold for the rest of the target are named outright. A suite
without named folders would collect the toolkit's own tests.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path, PurePosixPath

# In pytest's own order: names that always count, then those that need a section of its own.
PLAIN = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
SECTIONED = (
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
)


def options(tree: Path, prefix: str, *, suite: bool = False) -> tuple[str, ...]:
    """pytest's options for a tree whose folder ``prefix`` ('' for none) is the toolkit."""
    if not prefix:
        return ()
    if suite:
        return (f"--ignore={prefix.rstrip('/')}",)
    return ("-c", _settings_above(tree, prefix), f"--rootdir={tree}")


def environ(tree: Path, prefix: str) -> dict[str, str]:
    """The same options for a pytest that is not started by us."""
    chosen = options(tree, prefix)
    return {"PYTEST_ADDOPTS": shlex.join(chosen)} if chosen else {}


def _settings_above(tree: Path, prefix: str) -> str:
    for folder in PurePosixPath(prefix).parents:
        for name in PLAIN:
            if (tree / folder / name).is_file():
                return str(tree / folder / name)
        for name, section in SECTIONED:
            place = tree / folder / name
            if place.is_file() and section in place.read_text("utf-8", "replace"):
                return str(place)
    return os.devnull  # the target has none: pytest's defaults
