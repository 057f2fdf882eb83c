"""What git answered, judged: exit 0 is not evidence, and a failure is no answer either.

git says "there is none" with status 1 and silence. Anything else that is not an answer (nothing at
all, bytes that no answer has, a status with words) is told as what it is: taken for "none", it would
end a run in a wrong verdict about the target, or let it write over a branch that it did not see.
"""

from __future__ import annotations

import re
from pathlib import Path

from improve.errors import Unable
from improve.workbench.finished import Finished

_LINE = re.compile(r"[^\x00-\x1f\x7f]+")
_HEAD = re.compile(
    rb"[0-9a-f]{40,64} ([a-z]{1,9}) ([0-9]{1,18})"
)  # id, kind, bytes: git-cat-file(1)
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# The tree without files, by either hash: git knows both without storing them.
NO_FILES = (
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
)
_INDEX_HEAD = 12  # gitformat-index(5): DIRC, a version and the number of entries, 4 bytes each
CURE = (
    "Look at the disk, the memory and the repository (git fsck), then go on with ./run.sh --resume."
)


def unclear(done: Finished, what: str = "") -> Unable:
    """The error that tells of a call whose answer cannot be used."""
    words = [word for word in done.argv if not word.startswith("--git-dir")]
    verb = next((w for w in words[1:] if w[:1].isalpha() and "=" not in w), "git")
    how = "did not end in time" if done.timed_out else f"ended with status {done.returncode}"
    said = done.error_text.strip()[-300:] or "and did not do what it was asked for"
    return Unable(f"{what or f'git {verb} gave no answer'}: it {how}: {said}", CURE)


def line(done: Finished, *, may_be_nothing: bool = False) -> str:
    """The single line that was answered; '' where git says that there is none.

    Raises: Unable when it is neither.
    """
    said = done.text.removesuffix("\n")
    if done.ok and (_LINE.fullmatch(said) or done.stdout == b"\n"):
        return said.strip()
    if done.ok and may_be_nothing and not done.stdout:
        return ""
    if done.returncode == 1 and not done.stdout and not done.stderr.strip():
        return ""
    raise unclear(done)


def content(done: Finished) -> bytes | None:
    """The one file that ``cat-file --batch`` was asked for; None where there is none of that name.

    Its head line says how long it is. Raises: Unable when that, or as much, is not there.
    """
    head, _, rest = done.stdout.partition(b"\n")
    if done.ok and head.endswith(b" missing"):
        return None
    told = _HEAD.fullmatch(head)
    if not done.ok or not told or len(rest) != int(told[2]) + 1:
        raise unclear(done)
    return rest[:-1] if told[1] == b"blob" else None


def object_id(text: str) -> bool:
    """Whether this is the full id of an object."""
    return _ID.fullmatch(text) is not None


def entries(index: Path) -> int:
    """How many files an index lists; -1 when there is none that can be read."""
    try:
        with index.open("rb") as stream:
            head = stream.read(_INDEX_HEAD)
    except OSError:
        return -1
    return int.from_bytes(head[8:12], "big") if head[:4] == b"DIRC" else -1


def mark(index: Path) -> tuple[int, int, bytes]:
    """What differs after git wrote the index: its time, its size and the checksum at its end."""
    told = index.stat()
    with index.open("rb") as stream:
        stream.seek(max(0, told.st_size - 32))
        return told.st_mtime_ns, told.st_size, stream.read()
