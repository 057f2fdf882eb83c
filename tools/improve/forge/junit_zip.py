"""JUnit files inside a downloaded zip, which a machine made that ran foreign code.

Nothing is ever extracted: members are read by their place in the archive, as streams into the parser,
and their names are only told. What an archive says of its own sizes is compared with what comes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from improve.context import Budget
from improve.evidence.parse_junit import JunitResults, read_junit
from improve.forge.gh_answer import readable

MEMBERS = 2000
MEMBER_BYTES = 64 << 20
TOTAL_BYTES = 512 << 20
RATIO = 200
FAILURES = 5000
DIRECTORY_BYTES = 1 << 20  # zipfile reads the list of members whole: 2,000 with names of 450 bytes
NOTES = 20
_STEP = 1 << 16
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


class JunitMember(NamedTuple):
    """One JUnit file; ``name`` is cleaned, and good for being shown only.

    ``failures`` counts also those for which there was no room in ``results.told``.
    """

    name: str
    results: JunitResults
    failures: int


@dataclass
class Allowance:
    """What may still be unpacked and kept, over all archives of a run, and until when."""

    budget: Budget
    left: int = TOTAL_BYTES
    failures: int = FAILURES

    @property
    def spent(self) -> str:
        """Why nothing more may be unpacked; '' while something may."""
        if self.left < 0:
            return f"all together unpack to more than {TOTAL_BYTES >> 20} MB"
        return "" if self.budget.left() > 0 else "the time for test results was up"


class _Refused(Exception):
    """Why a member is not read on."""


class _Careful(io.BufferedReader):
    """A file that is never read in large pieces, whatever an archive's directory claims."""

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = DIRECTORY_BYTES + 1 if size is None or size < 0 else size
        data = super().read(min(wanted, DIRECTORY_BYTES + 1))
        if len(data) > DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its list of members is longer than 1 MB")
        return data


Read = Callable[[str, Iterable[bytes]], JunitResults]


def _failures_alone(_name: str, chunks: Iterable[bytes]) -> JunitResults:
    return read_junit(chunks)


def read_zip(
    path: Path, allowance: Allowance, read: Read = _failures_alone
) -> tuple[list[JunitMember], list[str]]:
    """The JUnit files of the archive at ``path``, and notes on what was not read.

    ``read`` is given each member's shown name and its bytes. Nothing is raised for whatever the
    archive holds, and nothing is written. ``allowance`` is used up.
    """
    found: list[JunitMember] = []
    notes: list[str] = []
    try:
        with _Careful(io.FileIO(path)) as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                notes.append(f"only the first {MEMBERS:,} of {len(members):,} members were read")
            for number, member in enumerate(members[:MEMBERS]):
                if allowance.spent:
                    notes.append(
                        f"{len(members) - number} members were not read: {allowance.spent}"
                    )
                    break
                results = _member(archive, member, path.stat().st_size, allowance, notes, read)
                if results.known:
                    found.append(_kept(_shown(member), results, allowance, notes))
    except _BROKEN as error:
        notes.append(f"it cannot be read as a zip: {readable(str(error), 120)}")
    return found, notes[:NOTES]


def _kept(name: str, results: JunitResults, allowance: Allowance, notes: list[str]) -> JunitMember:
    told = results.told[: allowance.failures]
    allowance.failures -= len(told)
    notes += [f"{name}: {note}" for note in results.notes]
    if len(told) < len(results.told):
        notes.append(f"{name}: {len(results.told) - len(told)} failures were only counted")
    return JunitMember(name, results._replace(told=told), len(results.told))


def _member(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    packed: int,
    allowance: Allowance,
    notes: list[str],
    read: Read,
) -> JunitResults:
    ended: list[str] = []
    found = _bytes(archive, member, min(packed, member.compress_size), allowance, ended)
    results = read(_shown(member), found)
    # What is damaged and was never going to be a JUnit file is nobody's loss.
    counts = results.known or member.filename.lower().endswith(".xml")
    if ended and (counts or not ended[0].startswith("it cannot be read")):
        notes.append(f"{_shown(member)}: {ended[0]}")
    return results


def _bytes(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    packed: int,
    allowance: Allowance,
    ended: list[str],
) -> Iterator[bytes]:
    """The member's bytes, if it may be XML; why they end early goes to ``ended``."""
    try:
        # LZMA and the like let the archive choose how much memory unpacking takes.
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile("its way of packing is not read")
        size = 0
        with archive.open(member) as stream:
            while chunk := stream.read(_STEP):
                if not size and not _may_be_xml(chunk):
                    return
                size += len(chunk)
                allowance.left -= len(chunk)
                _refuse_bombs(size, packed, allowance)
                yield chunk
    except _Refused as refused:
        ended.append(str(refused))
    except _BROKEN as error:
        ended.append(f"it cannot be read: {readable(str(error), 120)}")


def _refuse_bombs(size: int, packed: int, allowance: Allowance) -> None:
    if size > MEMBER_BYTES:
        raise _Refused(f"it unpacks to more than {MEMBER_BYTES >> 20} MB")
    if size > 1 << 20 and size > RATIO * packed:
        raise _Refused(f"it unpacks to more than {RATIO} times its size")
    if allowance.spent:
        raise _Refused(f"it was not read to its end: {allowance.spent}")


def _may_be_xml(first: bytes) -> bool:
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start == b"<" or first[:2] in (b"\xff\xfe", b"\xfe\xff")


def _shown(member: zipfile.ZipInfo) -> str:
    return readable(member.filename, 120)
