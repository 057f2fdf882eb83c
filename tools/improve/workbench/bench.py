"""The workbench: a private repository and the fresh trees that are checked out of it.

It borrows the objects of the user's repository (``objects/info/alternates``), so it is made in
milliseconds at any size, and writes none: new objects and refs stay here until ``publish``
fetches two branches out of it. Trees hold no ``.git``; git's folder and every index lie beside
them, where what runs in a tree cannot swap them for something else.

A workbench is derived: it can be thrown away at any moment and built again from the user's
repository and the run folder. That is what makes a killed run harmless.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from improve.errors import ImproveError, Unable
from improve.workbench import answers, claims, process
from improve.workbench.folders import remove, walk
from improve.workbench.git import LIMIT, Git, environ, paths
from improve.workbench.users_repository import common_folder

# What running tests leaves behind is not part of anybody's fix, ignored by the target or not.
LEFTOVERS = (
    "__pycache__/", "*.py[cod]", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/",
    "*.egg-info/", ".coverage", ".coverage.*", ".tox/", ".nox/", ".venv/", ".DS_Store", "/.git",
)  # fmt: skip


@dataclass(frozen=True)
class Bench:
    """One private repository; ``git`` has no work tree of its own."""

    folder: Path
    git: Git
    author: tuple[str, str]

    def tree(self, name: str, commit: str) -> Tree:
        """A fresh tree of ``commit`` in the folder ``name``; one that was there is removed."""
        place = self.folder / "trees" / name
        remove(place)
        place.mkdir(parents=True)
        index = self.folder / "index" / name
        index.parent.mkdir(exist_ok=True)
        index.unlink(missing_ok=True)
        git = self.git.at(place, index)
        read = git.run("read-tree", "--reset", commit)
        if not read.ok or answers.entries(index) < 0:
            raise answers.unclear(read, "The tree could not be read")
        written = git.run("checkout-index", "--all", "--force", "--quiet", "--index")
        if not written.ok or (answers.entries(index) and not any(place.iterdir())):
            raise answers.unclear(written, "The tree could not be written")
        return Tree(place, git, commit, self)

    def commit_tree(self, tree: str, parent: str, message: str) -> str:
        """Commit a tree object; authored by the user, without hooks or signing."""
        name, email = self.author
        who = {
            "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email,
            "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email,
        }  # fmt: skip
        # The parent's date keeps the commit's id the same when the same work is done again, so
        # that publishing twice is seen to be the same.
        date = self.git.line("show", "-s", "--format=%cI", parent)
        dated = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        git = Git(self.git.folder, extra={**who, **dated})
        words = ("commit-tree", "--no-gpg-sign", "-p", parent, "-F", "-", tree)
        return git.new_id(*words, stdin=message.encode())


# What git says of a file that it will never take, whoever asks: its name, its coding, its mode.
NOT_TAKEN = re.compile(
    r"(?m)^error: (?:invalid path .+|open\(.+\): Permission denied)$|^(?:fatal|error): .*(?:BOM is|failed to encode).*$"
)


@dataclass(frozen=True)
class Tree:
    """One checked-out tree. ``commit`` is what it was made from."""

    path: Path
    git: Git
    commit: str
    bench: Bench

    def write_tree(self) -> str:
        """Id of the tree object for the files as they are now, leftovers aside."""
        order = ("add", "--all", "--", ".")
        if not self.git.run(*order).ok:
            # git refuses to add a repository without a commit that somebody made inside of the
            # tree; its files are files of the tree, its history is nobody's fix.
            for folder, folders, others in walk(self.path):
                if folder != self.path and ".git" in (*folders, *others):
                    remove(folder / ".git")
                folders[:] = [name for name in folders if name != ".git"]
            again = self.git.run(*order)
            if found := NOT_TAKEN.search(again.error_text):
                raise ImproveError(f"git takes no such file: {found[0]}")
            if not again.ok:
                raise answers.unclear(again, "The tree's changes could not be read")
        # Files that git did not take would be missing from the fix, or be blamed on it.
        listed = ("ls-files", "--others", "--modified", "--deleted", "--exclude-standard", "-z")
        if paths(self.git.must(*listed)):
            raise Unable("git did not take all changes of a tree.", answers.CURE)
        return self.git.new_id("write-tree")

    def diff(self, against: str | None = None) -> bytes:
        """Binary-safe diff from ``against`` (default: the tree's commit) to the files as they are."""
        now = self.write_tree()
        made = self.git.run(
            "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index", "--binary",
            against or self.commit, now,
        )  # fmt: skip
        if not made.ok or (made.stdout and not made.stdout.startswith(b"diff --git ")):
            raise answers.unclear(made)
        if not made.stdout:
            self._require_unchanged(now, against or self.commit)
        return made.stdout

    def changed(self) -> list[str]:
        """Paths that differ from the tree's commit."""
        now = self.write_tree()
        found = paths(self.git.must("diff", "--name-only", "--no-renames", "-z", self.commit, now))
        if not found:
            self._require_unchanged(now, self.commit)
        return found

    def files(self) -> set[str]:
        """Paths of all files that its index lists. Raises: Unable when git does not tell them."""
        found = paths(self.git.must("ls-files", "-z"))
        if self.git.index and len(found) != answers.entries(self.git.index):
            raise Unable("git did not list all files of a tree.", answers.CURE)
        return set(found)

    def _require_unchanged(self, now: str, against: str) -> None:
        # "Nothing was changed" ends an attempt: git is asked a second time, in other words.
        if self.git.line("rev-parse", "--verify", f"{against}^{{tree}}") != now:
            raise Unable("git says of a changed tree that it is unchanged.", answers.CURE)

    def apply(self, patch: bytes, exclude: tuple[str, ...] = ()) -> None:
        """Apply a diff to the files and the index.

        Raises: ImproveError when it does not apply whole.
        """
        if not patch.strip():
            return
        skips = [f"--exclude={path}" for path in exclude]
        before = answers.mark(self.git.index) if self.git.index else None
        done = self.git.run("apply", "--index", "--whitespace=nowarn", *skips, "-", stdin=patch)
        refused = done.stderr.startswith(b"error: ") and b"unable to" not in done.stderr
        if done.returncode and refused:
            process.must(done, "The patch does not apply to a clean checkout")
        # With `exclude` a patch may well be of nothing else.
        idle = self.git.index and not exclude and answers.mark(self.git.index) == before
        if not done.ok or idle:
            raise answers.unclear(done, "The patch could not be applied")


@contextlib.contextmanager
def workbench(
    source: Path, place: Path, author: tuple[str, str], keep: bool = False
) -> Iterator[Bench]:
    """A workbench at ``place`` over the repository whose git folder is ``source``.

    Removed when the block ends; one that a killed session left there is removed first. With
    ``keep`` it is put aside as ``<place>-kept-<n>`` instead, for somebody to look into.
    Raises: AlreadyRunning when a living process works in it.
    """
    with claims.left_behind(place):
        remove(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    with claims.made(place):  # `improve clean` and other runs leave it alone
        aside = False
        try:
            git = _make(source, place)
            aside = keep
            yield Bench(place, git, author)
        finally:
            if aside:
                number = len(list(place.parent.iterdir()))
                place.rename(place.with_name(f"{place.name}-kept-{number}"))
            else:
                remove(place)


def _make(source: Path, place: Path) -> Git:
    (place / "trees").mkdir()
    (place / "index").mkdir()
    folder = place / "repository.git"
    folder.mkdir()
    form = f"--object-format={Git(source).line('rev-parse', '--show-object-format') or 'sha1'}"
    made: list[str | Path] = ["git", "init", "--quiet", "--bare", "--template=", form, folder]
    done = process.run(made, env=environ(), timeout=LIMIT.seconds)
    if not done.ok or not (folder / "HEAD").is_file():
        raise answers.unclear(done, "The private repository could not be made")
    common = common_folder(source)
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (folder / "objects" / "info" / "alternates").write_bytes(_quoted(common / "objects") + b"\n")
    (folder / "info").mkdir(exist_ok=True)
    (folder / "info" / "exclude").write_text("\n".join(LEFTOVERS) + "\n")
    _copy_shallow(common, folder)
    return Git(folder)


def _quoted(path: Path) -> bytes:
    # git ends an alternate at a newline, unless it is quoted as a C string.
    raw = os.fsencode(path)
    if b"\n" not in raw and not raw.startswith(b'"'):
        return raw
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _copy_shallow(source: Path, folder: Path) -> None:
    # A shallow clone's history ends at commits that only this file names.
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(source / "shallow", folder / "shallow")


def sha256(path: Path) -> str:
    """Hex digest of a file's content; '' when it is missing or not a regular file."""
    if path.is_symlink() or not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()
