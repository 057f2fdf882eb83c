"""The environment that a user's first run makes: pip and what requirements/core.lock names, no more.

Made of links to the packages of the interpreter that runs the tests, so no index is asked. What the
developers' lock adds cannot be imported in it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path


def core_environment(top: Path) -> None:
    """Put it in the place of ``top/.venv``."""
    venv = top / ".venv"
    shutil.rmtree(venv, ignore_errors=True)
    packages = venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    packages.mkdir(parents=True)
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(Path(sys.prefix) / "bin" / "python")
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", venv)
    lock = (top / "requirements" / "core.lock").read_bytes()
    for name in sorted({"pip", *re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock.decode())}):
        _link(name, packages)
    content = lock + (top / "pyproject.toml").read_bytes()
    (venv / "ready").write_text(f"core {hashlib.sha256(content).hexdigest()}\n")


def _link(name: str, packages: Path) -> None:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:  # the lock has it for another Python
        return
    tops = {file.parts[0] for file in found.files or () if file.parts[0] != ".."}
    for entry in tops - {"__pycache__"}:
        (packages / entry).symlink_to(Path(str(found.locate_file(entry))))
