"""Real git repositories for tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

DATES = {"GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}


def git(tree: Path, *args: str, check: bool = True) -> str:
    """git in ``tree`` as a user would call it; its output without the last newline."""
    done = subprocess.run(
        ["git", *args],
        cwd=tree,
        env={**os.environ, **DATES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, f"git {args}: {done.stderr}{done.stdout}"
    return done.stdout.rstrip("\n")


def write(tree: Path, files: dict[str, str]) -> None:
    """Write files (path -> text) below ``tree``."""
    for path, text in files.items():
        place = tree / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def repository(place: Path, files: dict[str, str], *, origin: bool = False) -> Path:
    """A repository with one commit on main, and a bare origin beside it when asked for."""
    place.mkdir(parents=True)
    git(place, "init", "-q", "-b", "main")
    write(place, files)
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "feat: start")
    if origin:
        bare = place.parent / f"{place.name}-origin.git"
        git(place, "clone", "-q", "--bare", ".", str(bare))
        git(place, "remote", "add", "origin", str(bare))
        git(place, "fetch", "-q", "origin")
        git(place, "remote", "set-head", "origin", "main")
    return place
