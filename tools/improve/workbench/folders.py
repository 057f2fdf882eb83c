"""Folders that others wrote in: temporary ones, walking through them, and taking them away.

Code that is not ours may leave anything there: folders nested thousands deep (which Python's own
``os.walk``, before 3.12, and ``shutil.rmtree`` meet with a RecursionError), folders that may not be
read, links to the user's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench import process


@contextlib.contextmanager
def temporary(prefix: str) -> Iterator[Path]:
    """A new folder, gone with whatever is in it when the context is left."""
    place = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield place
    finally:
        with contextlib.suppress(ImproveError):  # the run's own folder goes with all that is in it
            remove(place)


def walk(top: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Folder, names of folders in it, names of everything else; above before below, through no link.

    A name that is taken out of the list of folders is not entered. What cannot be read is left out.
    """
    waiting = [top]
    while waiting:
        here = waiting.pop()
        folders: list[str] = []
        others: list[str] = []
        with contextlib.suppress(OSError), os.scandir(here) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
        yield here, folders, others
        waiting += [here / name for name in reversed(folders)]


def remove(place: Path) -> None:
    """Remove a folder, a file or a link with everything below it, links themselves and not their targets.

    Raises: ImproveError when something in it cannot be removed.
    """
    if not os.path.lexists(place):
        return
    try:
        _removed(place)
    except RecursionError:
        for order in (("chmod", "-R", "u+rwx"), ("rm", "-rf")):
            process.run([*order, "--", place])
    if os.path.lexists(place):
        raise ImproveError(
            f"{place} could not be removed.", "Remove it by hand; it is only a copy."
        )


def _removed(place: Path) -> None:
    def make_writable(_function: object, path: str, _info: object) -> None:
        for one in (Path(path).parent, Path(path)):
            with contextlib.suppress(OSError):
                if not one.is_symlink():
                    one.chmod(stat.S_IRWXU)
        with contextlib.suppress(FileNotFoundError):
            Path(path).rmdir() if Path(path).is_dir() and not Path(path).is_symlink() else Path(
                path
            ).unlink()

    shutil.rmtree(place, onerror=make_writable)
    if os.path.lexists(place):
        shutil.rmtree(place, ignore_errors=True)
