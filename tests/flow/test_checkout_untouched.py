"""The user's checkout before and after a whole run: the same bytes, save for two new branches."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from tests.flow.conftest import Fixing
from tests.support.repositories import git, repository, write
from tests.support.shop import FILES

pytestmark = pytest.mark.slow
OURS = {f"{kind}/wrong-total" for kind in ("repro", "fix")}
HOOKS = (
    "applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout",
    "post-commit", "post-index-change", "post-merge", "post-rewrite", "pre-applypatch",
    "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase",
    "prepare-commit-msg", "push-to-checkout", "reference-transaction", "sendemail-validate",
)  # fmt: skip


def state(top: Path) -> dict[str, str]:
    """Every path below ``top`` (git's own included): kind, mode, and digest or target."""
    found = {}
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.is_symlink():
                told = f"link to {path.readlink()}"
            elif path.is_dir():
                told = "folder"
            else:
                told = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(top))] = f"{path.lstat().st_mode:o} {told}"
    return found


def is_ours(path: str) -> bool:
    """New objects, the two branches and their logs, and the folders that hold these."""
    parts = Path(path).parts
    if parts[:2] == (".git", "objects"):
        return True
    places = ("refs/heads", "logs/refs/heads")
    names = {*OURS, "repro", "fix"}
    return any(path == f".git/{place}/{name}" for place in places for name in names)


def write_hooks(place: Path, canary: Path) -> None:
    folder = place / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in HOOKS:
        (folder / name).write_text(f"#!/bin/sh\necho {name} >> '{canary}'\n")
        (folder / name).chmod(0o755)
    for key in ("core.fsmonitor", "core.sshCommand", "diff.external", "core.pager"):
        git(place, "config", key, str(folder / "post-commit"))


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """A clone with a stash and staged, unstaged, untracked and ignored files, in a stopped rebase."""
    repository(tmp_path / "upstream", {**FILES, "notes.txt": "one\n", ".gitignore": "*.log\n"})
    git(tmp_path, "clone", "-q", "--bare", "upstream", "shop-origin.git")
    place = tmp_path / "shop"
    git(tmp_path, "clone", "-q", "shop-origin.git", "shop")
    for branch, text in (("work", "mine\n"), ("main", "theirs\n")):
        git(place, "switch", "-q", *(["-c"] if branch == "work" else []), branch)
        write(place, {"notes.txt": text})
        git(place, "commit", "-q", "-a", "-m", f"docs: {text.strip()}")
    write(place, {"shop.py": FILES["shop.py"] + "# stashed\n"})
    git(place, "stash")
    git(place, "switch", "-q", "work")
    assert "CONFLICT" in git(place, "rebase", "main", check=False)
    write(place, {"staged.py": "STAGED = 1\n", "untracked.txt": "new\n", "ignored.log": "1\n"})
    git(place, "add", "staged.py")
    write(place, {"staged.py": "STAGED = 2\n", "pytest.ini": FILES["pytest.ini"] + "# mine\n"})
    (place / "link").symlink_to("shop.py")
    (place / "shop.py").chmod(0o755)
    return place


def test_a_dirty_checkout_is_the_same_after_a_whole_run(
    dirty: Path, fix_shop: Fixing, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    write_hooks(dirty, canary)
    before = state(dirty)
    for needed in ("rebase-merge/done", "ORIG_HEAD", "index", "refs/stash", "logs/HEAD", "config"):
        assert f".git/{needed}" in before, f"the test's own checkout has no {needed}"
    ended = fix_shop(dirty).good()
    assert ended.artifact("fix")["outcome"] == "fixed", ended.report
    assert not canary.exists(), f"hooks were run: {canary.read_text()}"
    after = state(dirty)
    gone = sorted(set(before) - set(after))
    new = sorted(path for path in set(after) - set(before) if not is_ours(path))
    different = sorted(path for path in set(before) & set(after) if before[path] != after[path])
    assert (gone, new, different) == ([], [], [])
    refs = git(dirty, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()
    assert set(refs) == {"main", "work", *OURS}
    for key in ("core.fsmonitor", "core.sshCommand", "diff.external", "core.pager"):
        git(dirty, "config", "--unset", key)
    told = git(dirty, "fsck", "--strict", "--no-dangling")
    assert told == "", told
    assert "uncommitted paths" in ended.report
