"""Which Python the target's tests run under: asked for, as in the log, or the best of the rest."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.environ import installer_environ

MINORS = tuple(range(30, 6, -1))
_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3]); print(sys.executable)"


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run; ``version`` like '3.11.7'."""

    path: Path
    version: str

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def probe(path: Path) -> Interpreter | None:
    """The interpreter at ``path`` as it names itself, or None when it does not run.

    Version managers put shims on PATH that only work for the version in force, so the answer of
    the program counts and not its name.
    """
    done = process.run([path, "-I", "-c", _ASK], env=installer_environ(), timeout=20)
    lines = done.text.split("\n")
    if not done.ok or len(lines) < 2 or not re.match(r"^3\.\d+\.\d+$", lines[0].strip()):
        return None
    return Interpreter(Path(lines[1].strip() or path), lines[0].strip())


def own() -> Interpreter:
    """The Python that this program's own virtual environment was made from."""
    version = "{}.{}.{}".format(*sys.version_info[:3])
    name = "python{}.{}".format(*sys.version_info[:2])
    base = Path(sys.base_prefix) / "bin" / name
    return Interpreter(base if base.exists() else Path(sys.executable), version)


def candidates(minor: str) -> Iterator[Path]:
    """Places at which a Python of this minor version may be, the surest first."""
    name = f"python{minor}"
    home = Path.home()
    if found := shutil.which(name):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    yield from sorted(pyenv.glob(f"{minor}.*/bin/{name}"), reverse=True)
    yield from sorted(
        Path("/opt/hostedtoolcache/Python").glob(f"{minor}.*/*/bin/{name}"), reverse=True
    )
    uv = home / ".local" / "share" / "uv" / "python"
    yield from sorted(uv.glob(f"cpython-{minor}.*/bin/{name}"), reverse=True)
    for folder in ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"):
        if (path := Path(folder) / name).exists():
            yield path


def find(minor: str, patch: str = "") -> Interpreter | None:
    """A working interpreter of this minor version; the exact ``patch`` release when it is there."""
    if own().minor == minor and (not patch or own().version == patch):
        return own()
    working = [i for i in map(probe, dict.fromkeys(candidates(minor))) if i and i.minor == minor]
    exact = [i for i in working if i.version == patch]
    return next(iter(exact or working), own() if own().minor == minor else None)


def allows(requires: str, version: str) -> bool:
    """Whether ``requires-python`` allows the version; one that cannot be read allows all."""
    try:
        return SpecifierSet(requires).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def choose(
    setting: str | None, logged: str | None, requires: str
) -> tuple[Interpreter, tuple[str, ...]]:
    """The interpreter, and in words how it differs from what was asked for.

    ``setting`` is a path, a command or a version; ``logged`` the version in the log.

    Raises: ImproveError when there is no Python that ``requires`` allows.
    """
    if setting:
        return _asked(setting), ()
    wanted = re.match(r"^(3\.\d{1,2})(?:\.\d{1,2})?", logged or "")
    notes: tuple[str, ...] = ()
    if wanted and logged:
        found = find(wanted.group(1), logged)
        if found and allows(requires, found.version):
            return found, ()
        why = "requires-python does not allow it" if found else "it is not on this machine"
        notes = (f"The log's Python is {logged}; {why}.",)
    for one in _by_preference(requires):
        return one, (*notes, f"Python {one.version} is used instead.") if notes else ()
    raise ImproveError(
        f"No Python on this machine is allowed by the target's requires-python ({requires}).",
        "Install one, for example with pyenv or uv, or name one as `python` in improve.yaml.",
    )


def _by_preference(requires: str) -> Iterator[Interpreter]:
    if allows(requires, own().version):
        yield own()
    for number in MINORS:
        minor = f"3.{number}"
        if any(allows(requires, f"{minor}.{p}") for p in (0, 5, 10, 20)):
            found = find(minor)
            if found and allows(requires, found.version):
                yield found


def _asked(setting: str) -> Interpreter:
    plain = re.match(r"^(?:python)?(3\.\d{1,2})(\.\d{1,2})?$", setting)
    if plain:
        found = find(plain.group(1), plain.group(1) + plain.group(2) if plain.group(2) else "")
    else:
        place = shutil.which(str(Path(setting).expanduser()))
        found = probe(Path(place)) if place else None
    if not found:
        raise ImproveError(
            f"The Python that the settings name, {setting}, was not found or does not run.",
            "Correct `python` in improve.yaml: a version like 3.11, or the path of an interpreter.",
        )
    # A virtual environment's interpreter is meant itself, not what it links to.
    return Interpreter(Path(place).absolute(), found.version) if not plain and place else found
