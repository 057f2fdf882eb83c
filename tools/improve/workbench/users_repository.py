"""The user's own repository: where it is, what it shares with its work trees, who commits there.

Only here is a repository looked for from within a folder: never in a tree that an agent wrote.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from improve.errors import ImproveError, RequestError
from improve.workbench import answers, process
from improve.workbench.git import LIMIT, Git, environ

NO_REPOSITORY = re.compile(r"not a git repository|must be run in a work tree")
NOBODY = ("codebase-improvements", "codebase-improvements@localhost")


def discover(path: Path) -> tuple[Path, Path] | None:
    """Top folder and git folder of the repository that holds ``path``, or None."""
    found = []
    for what in ("--show-toplevel", "--absolute-git-dir"):  # one each: a path may hold a newline
        argv = ["git", "-c", "safe.directory=*", "rev-parse", what]
        done = process.run(argv, cwd=path, env=environ(), timeout=LIMIT.seconds)
        if not done.ok and NO_REPOSITORY.search(done.error_text):
            return None
        place = Path(os.fsdecode(done.stdout.removesuffix(b"\n")))
        if not done.ok or not place.is_absolute() or not _is_folder(place):
            raise answers.unclear(done, f"git could not tell about {path}")
        found.append(place)
    return found[0], found[1]


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except ValueError:  # a NUL byte
        return False


def clone_at(path: Path, named: str, cure: str) -> tuple[Path, Path]:
    """The same for a path that the user gave as ``named``, such as ``--repo``.

    Raises: RequestError, with ``cure``, when there is none.
    """
    found = discover(path)
    if found is None:
        raise RequestError(
            f"{named}: {path} is not inside a git repository with a work tree.", cure
        )
    return found


def common_folder(folder: Path) -> Path:
    """The git folder that holds objects and branches: another one where ``folder`` is a work tree's."""
    done = Git(folder).run("rev-parse", "--git-common-dir")
    place = folder / os.fsdecode(done.stdout.removesuffix(b"\n"))
    if not done.ok or not done.stdout or not _is_folder(place):
        raise answers.unclear(done, f"git could not tell about {folder}")
    return place.resolve()


def reopen(top: Path) -> Git:
    """The user's repository at ``top``, which an earlier phase has seen.

    Raises: ImproveError when it is gone.
    """
    found = discover(top)
    if found is None:
        raise ImproveError(f"{top} is no longer a git repository.", "Restore it, then resume.")
    return Git(found[1])


def identity_of(top: Path) -> str:
    """What tells the user's repository at ``top`` from every other one: its place, and its remotes,
    since at one place another clone may lie tomorrow. Both are the user's to say, not the target's.

    Raises: Unable when git does not tell the remotes.
    """
    found = discover(top)
    remotes: list[str] = []
    if found:
        done = Git(found[1]).run("config", "-z", "--get-regexp", r"^remote\..*\.url$")
        remotes = done.text.split("\0")[:-1]
        none = done.returncode == 1 and not done.stdout and not done.stderr.strip()
        if not all(one.startswith("remote.") for one in remotes) or not (done.ok or none):
            raise answers.unclear(done, "The remotes of the repository could not be read")
    return "\n".join([str(top.resolve()), *sorted(remotes)])


def identity(git: Git) -> tuple[str, str]:
    """Name and address for commits: the user's own, as their repository is configured, else ours.

    Read with the user's configuration in force (reading runs nothing), since their name usually
    stands in the global file that every other call ignores.
    """
    world = {**environ(), "HOME": os.environ.get("HOME", "/nonexistent")}
    world.pop("GIT_CONFIG_GLOBAL")
    values = []
    for key in ("user.name", "user.email"):
        done = process.run(
            ["git", f"--git-dir={git.folder}", "config", "--get", key],
            cwd=git.folder,
            env=world,
            timeout=LIMIT.seconds,
        )
        values.append(answers.line(done))
    name, email = values
    return (name, email) if name and email else NOBODY
