"""What is shown of a virtual environment: one that we built, and one that the user has.

Target code wrote what lies in an environment of ours: a wheel may bring a ``.pth`` file, a ``setup``
command may leave a link. So nothing in it says what is shown: its own two folders are. An environment
that the user has was made outside of any sandbox, by the user; there the projects that are installed
for editing are shown, as far as they look like projects.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from improve.errors import ImproveError
from improve.workbench.sandbox import visible

VENV, CHECKOUT = "venv", "checkout"  # what a build may write to, below its key
KEY = re.compile(r"[0-9a-f]{20}")  # workbench.store.content_key
# Sockets of services, other processes, the machine's settings: no project lies there.
NEVER = tuple(map(Path, ("/run", "/var/run", "/proc", "/sys", "/dev", "/etc", "/boot")))
PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
PACKAGES = ("site-packages", "dist-packages")
PTH_LINES, PATH_LENGTH = 100, 4096
REPLACED = "Other folders of this machine would be seen in its place, so it is not used."
CURE = "Remove the folder; it is built again. If that happens again, look at what the build does."


def shown(python: Path) -> tuple[Path, ...]:
    """The environment of ``python``, what it was made from, and the clone that ours was built from.

    Raises: ImproveError when a folder of an environment of ours is a link.
    """
    found = visible.interpreter(python)
    place = built_at(python)
    if place is None:
        return found
    require_real(place)
    checkout = place / CHECKOUT  # an editable install lives on in it
    return (*found, checkout) if checkout.is_dir() else found


def built_at(python: Path) -> Path | None:
    """The folder ``<cache>/environments/<key>`` that we built ``python`` in; None for the user's."""
    place = python.parent.parent.parent
    ours = python.parent.parent.name == VENV and place.parent.name == "environments"
    return place if ours and KEY.fullmatch(place.name) else None


def require_real(place: Path) -> None:
    """Raises: ImproveError when a folder that the fence shows below ``place`` is a link."""
    for folder in (place / VENV, place / VENV / "bin", place / CHECKOUT):
        if folder.is_symlink():
            raise ImproveError(f"{folder} has become a link. {REPLACED}", CURE)


def require_unchanged(python: Path, seen: Iterable[Path]) -> None:
    """The interpreter of a build still leads to nothing but what that build could see anyway.

    What later fences show follows its links, and the build could write them.

    Raises: ImproveError.
    """
    place = python.parent.parent.parent
    require_real(place)
    known = [form for one in (place / VENV, *seen) for form in (one, one.resolve())]
    for prefix in visible.interpreter(python):
        if not any(prefix == one or one in prefix.parents for one in known):
            raise ImproveError(f"{python} was replaced: it leads to {prefix}. {REPLACED}", CURE)


def sources(python: Path) -> tuple[Path, ...]:
    """Projects that the user installed for editing: named by .pth files and by direct_url.json.

    None for an environment of ours. One in the home folder has to look like a project, and no
    folder above it may be a hidden one: what else is needed there, the settings name.
    """
    if built_at(python):
        return ()
    named = dict.fromkeys(_named(python))
    return tuple(path for path in named if path.is_dir() and _is_project(path, python))


def left_out(python: Path) -> tuple[Path, ...]:
    """Folders that an environment of the user's names and that ``sources`` does not show."""
    named = dict.fromkeys(() if built_at(python) else _named(python))
    return tuple(path for path in named if path.is_dir() and not _is_project(path, python))


def _named(python: Path) -> Sequence[Path]:
    found: list[Path] = []
    for site in sorted(python.parent.parent.glob("lib/python*/site-packages")):
        for listed in sorted(site.glob("*.pth")):
            with contextlib.suppress(OSError):
                lines = listed.read_text("utf-8", "replace").splitlines()[:PTH_LINES]
                found += [path for one in lines if (path := local(one.strip()[:PATH_LENGTH]))]
        for listed in sorted(site.glob("*.dist-info/direct_url.json")):
            # https://packaging.python.org/specifications/direct-url/
            with contextlib.suppress(OSError, ValueError, AttributeError):
                told = json.loads(listed.read_bytes())
                if told.get("dir_info", {}).get("editable") and (path := local(str(told["url"]))):
                    found.append(path)
    return found


def _is_project(path: Path, python: Path) -> bool:
    real, home = path.resolve(), Path.home().resolve()  # what is shown is what a link leads to
    if len(real.parts) < 3 or real == home or real in home.parents:
        return False
    if any(real == one or one in real.parents for one in NEVER):
        return False
    if home not in real.parents:
        return True
    if real.name in PACKAGES:
        return True
    around = python.parent.parent.parent.resolve()  # the checkout, for its own .venv
    top = around if home in around.parents and around in (real, *real.parents) else home
    if any(part.startswith(".") for part in real.relative_to(top).parts):
        return False
    below_home = (one for one in (real, *real.parents) if home in one.parents)
    return any((one / name).exists() for one in below_home for name in PROJECT)


def local(word: str) -> Path | None:
    """The absolute path that a path or a ``file:`` address names; None when it is neither."""
    path = Path(unquote(urlsplit(word).path) if word.startswith("file:") else word)
    if path.name == "simple" and len(path.parts) > 2:
        path = path.parent  # an index's pages link to files that lie beside it (PEP 503)
    return path if path.is_absolute() and len(path.parts) > 1 else None
