"""The one way that git is spoken to: explicit folders, nothing foreign switched on.

git runs programs that it finds in a repository's configuration, in its hooks and in the user's
settings. None of that may run on our behalf, and a tree that an agent wrote may not choose the
repository that a command acts on. So every call names its git folder, reads no system or user
configuration, and has hooks, file-system monitors, external diffs and automatic maintenance off.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from improve.errors import ImproveError, Unable
from improve.workbench import answers, process

QUIET = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    "safe.bareRepository=explicit",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.pager=cat",
    "diff.external=",
    "diff.ignoreSubmodules=dirty",  # else git looks into a repository inside of the tree
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "log.showSignature=false",  # it runs the program that gpg.program names
    "advice.detachedHead=false",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "protocol.ext.allow=never",
    "init.defaultBranch=main",
)


def environ(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """git's whole world: no user or system configuration, no prompts, no inherited GIT_ values."""
    keep = (
        "PATH",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "TZ",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        process.RUN_MARK,
    )
    world = {name: os.environ[name] for name in keep if name in os.environ}
    world.update(
        HOME="/nonexistent",
        GIT_CONFIG_NOSYSTEM="1",
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        GIT_ATTR_NOSYSTEM="1",
        GIT_NO_LAZY_FETCH="1",  # a missing object is an error, never a connection
        GIT_EDITOR="false",
        LC_ALL="C.UTF-8",
    )
    world.update(extra or {})
    return world


@dataclass
class Limit:
    """How long one call may take; the setting ``git-minutes`` (``allow``)."""

    seconds: float = 600.0


LIMIT = Limit()


def allow(minutes: float) -> None:
    """Let each call of git take so many minutes."""
    LIMIT.seconds = minutes * 60


@dataclass(frozen=True)
class Git:
    """A git folder, and the work tree and index that belong to it, all named outright."""

    folder: Path
    tree: Path | None = None
    index: Path | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def run(
        self, *args: str | Path, stdin: bytes = b"", keep: int = process.KEEP
    ) -> process.Finished:
        """git with these arguments; the result is data, whatever the status."""
        settings: list[str] = []
        for pair in (*(f"safe.directory={p}" for p in (self.folder, self.folder.parent)), *QUIET):
            settings += ["-c", pair]
        if self.tree:
            settings += ["-c", "core.bare=false", f"--work-tree={self.tree}"]
        world = environ(self.extra)
        if self.index:
            world["GIT_INDEX_FILE"] = str(self.index)
        argv = ["git", f"--git-dir={self.folder}", *settings, *args]
        return process.run(
            argv, cwd=self.tree or self.folder, env=world, timeout=LIMIT.seconds, stdin=stdin,
            keep=keep,
        )  # fmt: skip

    def must(self, *args: str | Path, stdin: bytes = b"", what: str = "") -> bytes:
        """Standard output of a git call that has to succeed.

        Raises: Unable with what git said: it is no verdict about a patch or an agent.
        """
        done = self.run(*args, stdin=stdin)
        if not done.ok:
            raise answers.unclear(done, what)
        return done.stdout

    def line(self, *args: str | Path, may_be_nothing: bool = False) -> str:
        """The single line that a call answers; '' where git says that there is none.

        Raises: ImproveError when it is neither (``answers.line``).
        """
        return answers.line(self.run(*args), may_be_nothing=may_be_nothing)

    def new_id(self, *args: str | Path, stdin: bytes = b"") -> str:
        """Full id of the object that a call made.

        Raises: Unable with what git said, when that is no id.
        """
        done = self.run(*args, stdin=stdin)
        if not done.ok or not answers.object_id(done.text.strip()):
            raise answers.unclear(done)
        return done.text.strip()

    def commit_of(self, name: str) -> str:
        """Full id of the commit that ``name`` stands for; '' when there is none.

        Raises: ImproveError when git cannot tell.
        """
        what = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        done = self.run(*what)
        said = answers.line(done)
        if said and not answers.object_id(said):
            raise answers.unclear(done)
        return said

    def set_ref(self, ref: str, commit: str) -> None:
        """Let ``ref`` name ``commit``. Raises: ImproveError when it does not afterwards."""
        done = self.run("update-ref", ref, commit)
        if not done.ok or self.commit_of(ref) != commit:
            raise answers.unclear(done, f"{ref} could not be written")

    def at(self, tree: Path | None, index: Path | None = None) -> Git:
        """The same git folder with another work tree."""
        return Git(self.folder, tree, index, self.extra)


def paths(output: bytes) -> list[str]:
    """Paths of a ``-z`` listing. Raises: ImproveError when it is none."""
    if output and not output.endswith(b"\0"):
        raise Unable("git answered what is no list of paths.", answers.CURE)
    return [part.decode("utf-8", "surrogateescape") for part in output.split(b"\0") if part]


def require(tools: Sequence[str] = ("git",)) -> None:
    """Refuse early when a tool is missing.

    Raises: ImproveError naming the tool and how to get it.
    """
    import shutil

    for tool in tools:
        if not shutil.which(tool):
            raise ImproveError(
                f"`{tool}` is not on PATH.", f"Install it (Debian: apt-get install {tool})."
            )
