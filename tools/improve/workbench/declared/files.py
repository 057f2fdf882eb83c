"""Which files of a tree say something about the environment that its tests need."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Texts = Mapping[str, str]
"""Path with '/' relative to the project's folder -> the file's text."""

LINE = 4096
_EXACT = {
    "pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "tox.toml", "noxfile.py", "hatch.toml",
    "pytest.ini", ".pytest.ini", "pytest.toml", "uv.lock", "poetry.lock", "pdm.lock", "Makefile",
    "makefile", "GNUmakefile", "MANIFEST.in", "meson.build", "CMakeLists.txt", "Cargo.toml",
    ".python-version", "justfile",
}  # fmt: skip
_REQUIREMENTS = re.compile(r"(require|constraint|deps|dependenc)", re.IGNORECASE)
_CI = re.compile(r"^\.github/(workflows/[^/]+\.ya?ml|actions/.+/action\.ya?ml)$")
# A build compiles or renders these, so its product is only good for the same ones.
_BUILT_FROM = (
    ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f90", ".g4",
    ".proto", ".i",
)  # fmt: skip


def is_declaring(path: str) -> bool:
    """Whether the file at ``path`` may declare requirements, settings of pytest or build steps."""
    folder, _, name = path.rpartition("/")
    if len(path) > LINE or folder.count("/") > 3:
        return False
    if name in _EXACT or _CI.match(path):
        return True
    if name.endswith((".txt", ".in", ".pip")):
        return bool(_REQUIREMENTS.search(path.lower()))
    return name.endswith(".sh") and (not folder or folder.split("/")[0] in {
        ".ci", ".github", "ci", "scripts", "script", "tools", "bin", "dev",
    })  # fmt: skip


def is_built_from(path: str) -> bool:
    """Whether a build may turn the file at ``path`` into another one."""
    return path.lower().endswith(_BUILT_FROM)


def toml(texts: Texts, path: str) -> dict[str, Any]:
    """The TOML file at ``path``; empty when it is missing or broken."""
    try:
        return tomllib.loads(texts.get(path, ""))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def table(value: object, *keys: str) -> dict[str, Any]:
    """The table below ``keys``; empty when anything on the way is not a table."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def strings(value: object) -> tuple[str, ...]:
    """The texts of a list; a single text counts as a list of one."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (list, tuple, set, frozenset)):
        return ()
    return tuple(part for part in value if isinstance(part, str))


def lines(text: str) -> list[str]:
    """Lines with continuations joined, capped in length so that no pattern can stall on one."""
    joined = text.replace("\r\n", "\n").replace("\\\n", " ")
    return [line[:LINE] for line in joined.split("\n")]
