"""What a model may touch with the tools that run in our own process: decisions, nothing else.

A sandbox stops a program; a tool of ours is stopped by what is decided here. Both are there on
purpose: an agent's file tool that ran beside the sandbox of its shell has read keys out of
``/proc/self/environ`` before (Microsoft on the Claude Code action, June 2026). Every backend whose
tools or hooks run in this process asks the same functions, so that there is one fence to get right.

Decisions read the links of the file system and nothing else; ``files`` opens what they allow.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

LONGEST_PATH = 1024
LONGEST_COMMAND = 16 * 1024

# Programs that publish, sign in, or act as somebody else. Their absence is no safety: the sandbox
# and the empty environment are. It is said early, and the refused call is told in the report.
PUBLISHING = frozenset({
    "gh", "glab", "hub", "tea", "twine", "ssh", "scp", "sftp", "rsync", "docker", "podman", "kubectl",
    "helm", "aws", "gcloud", "az", "sudo", "su", "doas", "pkexec", "nsenter",
})  # fmt: skip
BEFORE = frozenset({
    "env", "nohup", "time", "exec", "command", "xargs", "setsid", "timeout", "nice", "eval", "then", "do",
    "else", "!", "sh", "bash", "dash", "zsh", "busybox",
})  # fmt: skip
_BETWEEN = re.compile(r"[;&|\n(){}`]")


class Refused(Exception):
    """A call that is not done. The text is for the model: what was refused, and why."""


class Outside(Refused):
    """A call that reached beyond the fence; the report tells it, too."""


@dataclass(frozen=True)
class Bounds:
    """``tree`` may be read and written, except for ``frozen``; ``readable`` only read.

    ``frozen`` are paths below ``tree`` with slashes; all below a frozen folder is frozen.
    """

    tree: Path
    frozen: tuple[str, ...] = ()
    readable: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Place:
    """An allowed place: a folder of the fence, and the path below it, free of links and dots."""

    root: Path
    below: str  # '' for the root itself


def readable(bounds: Bounds, path: str) -> Place:
    """Where ``path`` (as the model wrote it) lies, if it may be read.

    Raises: Refused; Outside, which is one.
    """
    real = _real(bounds, path)
    for root in (bounds.tree, *bounds.readable):
        home = Path(os.path.realpath(root))
        if real == home or real.is_relative_to(home):
            below = real.relative_to(home).as_posix()
            _no_git(path, below)
            return Place(home, "" if below == "." else below)
    raise Outside(
        f"{_shown(path)} is outside of the project; only files of the project can be read"
    )


def writable(bounds: Bounds, path: str) -> Place:
    """Where ``path`` lies, if it may be made, changed or deleted.

    Raises: Refused; Outside, which is one.
    """
    real, home = _real(bounds, path), Path(os.path.realpath(bounds.tree))
    if real == home or not real.is_relative_to(home):
        raise Outside(f"{_shown(path)} is outside of the project; nothing was changed")
    below = real.relative_to(home).as_posix()
    _no_git(path, below)
    # A file system may not tell capitals apart, so neither does the fence.
    folded = below.casefold()
    for frozen in bounds.frozen:
        one = frozen.strip("/").casefold()
        if folded == one or folded.startswith(f"{one}/"):
            raise Outside(
                f"{_shown(path)} is the reproduction of the failure and stays as it is; "
                "change the code that it tests"
            )
    return Place(home, below)


def refusal(bounds: Bounds, path: str, *, write: bool) -> str | None:
    """Why a tool may not touch ``path``, or None: for hooks that only say yes or no."""
    try:
        (writable if write else readable)(bounds, path)
    except Refused as error:
        return str(error)
    return None


def command_refusal(command: str) -> str | None:
    """Why this shell command is not even tried, or None. An early word, not what holds."""
    if len(command) > LONGEST_COMMAND:
        return f"the command has {len(command)} characters; at most {LONGEST_COMMAND} are run"
    if "\0" in command:
        return "the command holds a NUL character"
    for one in _BETWEEN.split(command):
        words = [word.strip("'\"$") for word in one.split()]
        program = next((word for word in words if not _in_front(word)), "").rpartition("/")[2]
        publishes = program in PUBLISHING or (program == "git" and "push" in words)
        if publishes:
            said = "git push" if program == "git" else program
            return f"{said}: publishing and other users are not for agents; nothing was run"
    return None


def _in_front(word: str) -> bool:
    name = word.rpartition("/")[2]
    return not word or name in BEFORE or "=" in word or word.startswith("-") or word.isdigit()


def _real(bounds: Bounds, path: str) -> Path:
    if not path or len(path) > LONGEST_PATH:
        raise Refused(f"a path has 1 to {LONGEST_PATH} characters")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in path):
        raise Refused("the path holds control characters")
    # An absolute path stays absolute here, and is then outside or inside like any other.
    joined = os.path.join(os.path.realpath(bounds.tree), path)  # noqa: PTH118 - Path drops dots
    return Path(os.path.realpath(joined))


def _no_git(path: str, below: str) -> None:
    if any(part.casefold().rstrip(" .") == ".git" for part in below.split("/")):
        raise Outside(f"{_shown(path)}: git's own files are not part of the project")


def _shown(path: str) -> str:
    return repr(path[:200])
