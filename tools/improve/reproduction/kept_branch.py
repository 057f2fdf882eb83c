"""The branch ``repro/<name>`` once more, from what the run folder keeps.

Where the fix is published on another machine than the one that reproduced the failure, the commit
is not there. It is made anew from plain files, which can lie in the reproduction's own folder only:
a branch that is pushed must bring nothing that CI would run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError
from improve.records import Reproduction, ValidatedRequest
from improve.reproduction.lay_down import TRAILER, Layout, message_of
from improve.workbench.bench import Bench
from improve.workbench.git import Git

FOLDER = "reproduction"
MOST_FILES, MOST_BYTES = 50, 5_000_000
_PATH = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/){0,3}[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def keep(run: Path, layout: Layout, files: Mapping[str, bytes]) -> None:
    """Keep the reproduction's files (path in the repository -> content) in the run folder."""
    for path, content in files.items():
        relative = path.removeprefix(f"{layout.folder}/")
        rundir.write_whole(run / FOLDER / relative, content)


def kept_commit(
    run: Path, bench: Bench, user: Git, validated: ValidatedRequest, reproduction: Reproduction
) -> str:
    """The commit of ``repro/<name>`` in the bench; '' when there is none to push.

    Raises: ImproveError when the run folder holds what no run leaves there.
    """
    branch = f"repro/{validated.name}"
    if reproduction.branch != branch:
        return ""
    there = user.commit_of(f"refs/heads/{branch}")
    if there and there == reproduction.branch_commit:
        return there
    files = _files(run / FOLDER)
    if not files or not user.commit_of(reproduction.commit):
        return ""
    intermittent = reproduction.outcome == "intermittent"
    layout = Layout(validated.toolkit_prefix, validated.name, intermittent)
    tree = bench.tree("kept", reproduction.commit)
    for path, content in files.items():
        blob = tree.git.new_id("hash-object", "-w", "--stdin", stdin=content)
        entry = f"100644,{blob},{layout.folder}/{path}"  # into the index: no link can be followed
        tree.git.must("update-index", "--add", "--replace", "--cacheinfo", entry)
    made = tree.git.new_id("write-tree")
    message = f"{message_of(validated.name)}\n\n{TRAILER}\n"
    commit = bench.commit_tree(made, reproduction.commit, message)
    tree.git.set_ref(f"refs/heads/{branch}", commit)
    return commit


def _files(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MOST_BYTES
    for place, _folders, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            path = file.relative_to(folder).as_posix()
            left -= file.lstat().st_size
            wrong = file.is_symlink() or not file.is_file() or not _PATH.fullmatch(path)
            if wrong or left < 0 or len(found) >= MOST_FILES:
                raise ImproveError(
                    f"{path[:120]!a} in the run folder is no file of a reproduction.",
                    "Start the whole run again; a run folder is not edited by hand.",
                )
            found[path] = file.read_bytes()
    return found
