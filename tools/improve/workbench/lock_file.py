"""Where the lock of a repository and failure lies, and that run.sh will be able to open it.

It is the repository's and the failure's, not the run's: two toolkits or two outputs folders that
work on the same failure have to meet in it. The run folder holds a link to it.
"""

from __future__ import annotations

import os
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench.users_repository import common_folder


def place(cache: Path, git_folder: Path, name: str) -> Path:
    """The lock of the failure ``name``; its folder is there afterwards.

    Raises: ImproveError when it cannot be written.
    """
    inode = common_folder(git_folder).stat()  # work trees share their branches
    lock = cache / "locks" / f"{inode.st_dev:x}-{inode.st_ino:x}-{name}.lock"
    _open(lock, "Correct its permissions, or set cache-dir in improve.yaml.")
    return lock


def link(run: Path, lock: Path) -> None:
    """Lead from the run folder to its lock."""
    (run / "lock").symlink_to(lock)


def reach(run: Path) -> None:
    """Make what the link of ``run`` leads to: the cache may have been deleted since.

    Raises: ImproveError when that cannot be.
    """
    _open(
        run / "lock",
        f"Correct its permissions, or remove the link {run / 'lock'}: another one is made in "
        "cache-dir. Then go on with ./run.sh --resume.",
    )


def _open(lock: Path, cure: str) -> None:
    target = Path(os.path.realpath(lock))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666))
    except OSError as error:
        raise ImproveError(
            f"{error.filename or target} cannot be written: {error.strerror or error}.", cure
        ) from error
