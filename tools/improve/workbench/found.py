"""An environment that is already there: used as it is, never installed into."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from improve.errors import ImproveError
from improve.records import TargetEnvironment
from improve.workbench import process
from improve.workbench.environ import plain_environ
from improve.workbench.folders import temporary
from improve.workbench.git import Git
from improve.workbench.inspection import look_inside, try_imports
from improve.workbench.layout import Layout
from improve.workbench.sandbox import environments, needs, policy
from improve.workbench.users_repository import discover

_FOLDERS = (".venv", "venv", ".env", "env", ".virtualenv")


def candidates(source: Path) -> list[Path]:
    """Interpreters of virtual environments in the user's checkout, and of the active one.

    One that git knows is not the user's: the target brought it, and would say what it shows.
    """
    places = [source / folder for folder in _FOLDERS]
    if active := os.environ.get("VIRTUAL_ENV"):
        places.append(Path(active))
    made = [p for p in places if (p / "pyvenv.cfg").is_file()]
    return [p / "bin" / "python" for p in made if p.parent != source or not _is_committed(p)]


def _is_committed(place: Path) -> bool:
    """Whether git has files in this folder, or the folder itself as a link or a submodule."""
    repository = discover(place.parent)
    if repository is None:
        return False
    listed = Git(repository[1], place.parent).run("ls-files", "-z", "--", place.name)
    return not listed.ok or bool(listed.stdout)


def is_environment(python: str | None) -> bool:
    """Whether the setting names the interpreter of a virtual environment."""
    place = Path(python).expanduser() if python else None
    return bool(place and place.is_absolute() and (place.parent.parent / "pyvenv.cfg").is_file())


def use(
    python: Path, tree: Path, layout: Layout, why: str, seconds: float
) -> TargetEnvironment | None:
    """The environment of ``python`` with the target's tree in front of it.

    None when it has no pytest, or when the target's own packages come from another copy (an
    editable install with an import hook that goes before the path) although the tree has them.
    """
    if not _has_pytest(python):
        return None
    inside = look_inside(python)
    roots = [tree / root for root in layout.roots]
    notes = [why, *_not_shown(python)]
    for name, (file, error) in try_imports(python, layout.top_level, roots, seconds, tree).items():
        if file and not Path(file).resolve().is_relative_to(tree.resolve()):
            return None
        if error:
            notes.append(f"`import {name}` fails there: {error[:300]}")
    return TargetEnvironment(
        python=str(python),
        python_version=inside.version,
        key="",
        source=f"found at {python.parent.parent}, used as it is",
        packages=inside.packages(),
        import_roots=layout.roots,
        top_level=layout.top_level,
        notes=tuple(notes),
    )


def _not_shown(python: Path) -> list[str]:
    opened = policy.decided().readable
    hidden = [p for p in environments.left_out(python) if not {p, *p.parents} & {*opened}]
    told = (
        "is on its path and not shown in the sandbox; `sandbox-readable` in improve.yaml shows it."
    )
    return [f"{path} {told}" for path in hidden[:3]]


def _has_pytest(python: Path) -> bool:
    try:
        with temporary("improve-look-") as scratch:
            done = process.run(
                [python, "-I", "-c", "import pytest"], cwd=scratch, env=plain_environ({}),
                timeout=60, fence=needs.for_looking(python, scratch),
            )  # fmt: skip
    except ImproveError:
        return False
    return done.ok


def first_usable(
    pythons: Sequence[Path], tree: Path, layout: Layout, why: str, seconds: float
) -> TargetEnvironment | None:
    """The first of these environments that can be used, or None."""
    return next((e for p in pythons if (e := use(p, tree, layout, why, seconds))), None)
