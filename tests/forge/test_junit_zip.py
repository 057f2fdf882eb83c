"""Archives made to harm: nothing is written, nothing fills the memory, what is good is still read."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from improve.context import Budget
from improve.forge import junit_zip
from improve.forge.junit_zip import Allowance, JunitMember, read_zip

CASE = (
    b'<testcase classname="a.test_a" name="test_x"><failure message="ValueError: no"/></testcase>'
)
GOOD = b"<testsuite>" + CASE + b"</testsuite>"
NAMES = (
    "../../evil.xml", "/abs/evil.xml", "C:\\evil.xml", "..", "-rf", "a\x1b[2Jb.xml", "nul\0.xml", "a/../b.xml",
    "x" * 400 + ".xml", "junit.xml", "junit.xml", "\u202egpj.xml", "CON", "~root/.xml", "::error::x",
)  # fmt: skip


def archive(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def plenty() -> Allowance:
    return Allowance(Budget.of(60))


def tree(folder: Path) -> set[tuple[str, int, bool]]:
    return {
        (str(path), path.lstat().st_size, path.is_symlink())
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def measured(path: Path) -> tuple[list[JunitMember], list[str]]:
    """What was read, after it was seen to be cheap: 4 seconds, 16 MB."""
    tracemalloc.start()
    began = time.process_time()
    try:
        result = read_zip(path, plenty())
        seconds, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seconds < 4, f"{seconds:.1f} s"
    assert peak < 16 << 20, f"{peak >> 20} MB"
    return result


def failures(found: list[JunitMember]) -> int:
    return sum(len(member.results.told) for member in found)


def test_names_are_never_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    path = deep / "odd.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in NAMES:
            with pytest.warns() if name in made.namelist() else _quiet():
                made.writestr(name, GOOD)
    before = tree(tmp_path)

    found, notes = read_zip(path, plenty())

    assert tree(tmp_path) == before, "something was written"
    assert (len(found), notes) == (len(NAMES), [])
    assert all(member.name.isprintable() and len(member.name) <= 120 for member in found)
    # The control: that this folder would show a member that escapes.
    (deep / "../../evil.xml").write_bytes(GOOD)
    assert tree(tmp_path) != before


class _quiet:  # noqa: N801 - stands beside pytest.warns
    def __enter__(self) -> None: ...

    def __exit__(self, *_told: object) -> None: ...


def test_a_link_is_data(tmp_path: Path) -> None:
    outside = tmp_path / "outside.xml"
    outside.write_bytes(GOOD)
    link = zipfile.ZipInfo("junit.xml")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(link, os.fsencode(outside))
    before = tree(tmp_path)
    assert read_zip(path, plenty()) == ([], [])
    assert tree(tmp_path) == before


@pytest.mark.parametrize("where", ["output", "attribute", "elements", "no xml"])
def test_a_bomb_is_left_at_200_times_its_size(tmp_path: Path, where: str) -> None:
    filling = {
        "output": (b"<system-out>", b" " * (100 << 20)),
        "attribute": (b'<testcase name="', b"x" * (100 << 20)),
        "elements": (b"", b"<a/>" * (25 << 20)),
        "no xml": (b"", b"\0" * (100 << 20)),
    }[where]
    head = b"" if where == "no xml" else b"<testsuite>" + CASE
    path = archive(tmp_path / "bomb.zip", {"bomb.xml": head + b"".join(filling), "good.xml": GOOD})
    assert path.stat().st_size < 1 << 20

    found, notes = measured(path)

    assert failures(found) == (1 if where == "no xml" else 2), "what is good was not read"
    expected = {
        "output": "bomb.xml: it unpacks to more than 200 times its size",
        "attribute": "bomb.xml: one tag or comment is longer than 4 MB",
        "elements": "bomb.xml: it has more than 1,000,000 elements",
        "no xml": "",  # one look was enough
    }
    told = expected[where]
    assert told in " ".join(notes) and bool(notes) == bool(told), notes


def test_members_that_share_their_bytes_use_up_one_allowance(tmp_path: Path) -> None:
    # 1,000 entries of the directory that all mean the first member (David Fifield's overlapping).
    noise = os.urandom(200_000).hex().encode()
    path = archive(tmp_path / "one.zip", {"a.xml": b"<testsuite>" + CASE + noise})
    whole = path.read_bytes()
    at = whole.rindex(b"PK\x01\x02")
    entry, end = whole[at:-22], bytearray(whole[-22:])
    struct.pack_into("<HHI", end, 8, 1000, 1000, len(entry) * 1000)
    path.write_bytes(whole[:at] + entry * 1000 + end)
    allowance = Allowance(Budget.of(60), 5 << 20)

    found, notes = read_zip(path, allowance)

    assert allowance.left >= -(1 << 16), "members were unpacked beyond what was allowed"
    if allowance.left < 0:
        assert len(found) == 13
        assert notes[-1] == "986 members were not read: all together unpack to more than 512 MB"
    else:  # newer Pythons refuse by themselves what overlaps
        assert len(notes) == 20 and "Overlapped entries" in notes[-1], notes


def test_reading_ends_when_the_time_is_up(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"a.xml": GOOD, "b.xml": GOOD, "c.txt": b"text"})
    found, notes = read_zip(path, Allowance(Budget.of(0)))
    assert (found, notes) == ([], ["3 members were not read: the time for test results was up"])


def test_failures_of_all_files_share_one_allowance(tmp_path: Path) -> None:
    file = b"<testsuite>" + CASE * 30 + b"</testsuite>"
    path = archive(tmp_path / "a.zip", {"a.xml": file, "b.xml": file, "c.xml": file})
    found, notes = read_zip(path, Allowance(Budget.of(60), failures=50))
    assert [len(member.results.told) for member in found] == [30, 20, 0]
    assert [member.failures for member in found] == [30, 30, 30]
    assert notes == [
        f"{name}.xml: {n} failures were only counted" for name, n in (("b", 10), ("c", 30))
    ]


LIES: dict[str, Callable[[bytearray, int, int], None]] = {
    "size too small": lambda zip_, local, entry: _sizes(zip_, local, entry, None, 40),
    "size too large": lambda zip_, local, entry: _sizes(zip_, local, entry, None, 0xFFFFFFF0),
    "packed too small": lambda zip_, local, entry: _sizes(zip_, local, entry, 7, None),
    "packed too large": lambda zip_, local, entry: _sizes(zip_, local, entry, 0x7FFFFFFF, None),
    "checksum": lambda zip_, local, entry: struct.pack_into("<I", zip_, entry + 16, 1),
    "local name": lambda zip_, local, entry: struct.pack_into("<5s", zip_, local + 30, b"other"),
    "offset": lambda zip_, local, entry: struct.pack_into("<I", zip_, entry + 42, 0x7FFFFFFF),
    "encrypted": lambda zip_, local, entry: _flags(zip_, local, entry),
    "way of packing": lambda zip_, local, entry: struct.pack_into("<H", zip_, entry + 10, 99),
}


def _sizes(zip_: bytearray, local: int, entry: int, packed: int | None, size: int | None) -> None:
    for at, value in ((0, packed), (4, size)):
        if value is not None:
            struct.pack_into("<I", zip_, local + 18 + at, value)
            struct.pack_into("<I", zip_, entry + 20 + at, value)


def _flags(zip_: bytearray, local: int, entry: int) -> None:
    struct.pack_into("<H", zip_, local + 6, 1)
    struct.pack_into("<H", zip_, entry + 8, 1)


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_header_that_lies_costs_its_member_alone(tmp_path: Path, lie: str) -> None:
    path = archive(tmp_path / "lie.zip", {"first.xml": GOOD * 1, "good.xml": GOOD})
    made = bytearray(path.read_bytes())
    LIES[lie](made, 0, made.index(b"PK\x01\x02"))
    path.write_bytes(made)

    found, notes = measured(path)

    assert found[-1].name == "good.xml" and len(found[-1].results.told) == 1
    if lie not in ("size too large", "packed too large"):  # then the bytes themselves are right
        assert failures(found) == 1 or notes, "a damaged member was believed in silence"


@pytest.mark.parametrize("how", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_packings_whose_memory_the_archive_chooses_are_not_unpacked(
    tmp_path: Path, how: int
) -> None:
    found, notes = read_zip(archive(tmp_path / "a.zip", {"a.xml": GOOD}, how), plenty())
    assert (found, notes) == ([], ["a.xml: it cannot be read: its way of packing is not read"])


def entries(number: int) -> bytes:
    """An archive whose directory lists so many empty members, as its end says."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 5, *[0] * 6) + b"a.xml"
    size = len(entry) * number
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, number & 0xFFFF, number & 0xFFFF, size, 0, 0)
    return entry * number + end


def test_a_hundred_thousand_members_are_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(entries(100_000))
    found, notes = measured(path)
    assert found == []
    assert notes == ["it cannot be read as a zip: its list of members is longer than 1 MB"]


def test_only_2000_members_are_looked_at(tmp_path: Path) -> None:
    members = {f"{n}.xml": GOOD if n in (1999, 2000) else b"" for n in range(2001)}
    found, notes = measured(archive(tmp_path / "a.zip", members))
    assert [member.name for member in found] == ["1999.xml"]
    assert notes == ["only the first 2,000 of 2,001 members were read"]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"<html>sign in</html>", b"PK\x05\x06" * 30]
)
def test_what_is_no_zip_is_a_note(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    found, notes = read_zip(path, plenty())
    assert found == [] and notes[0].startswith("it cannot be read as a zip"), notes


def test_names_in_a_wrong_encoding_are_a_note(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {"näme.xml": GOOD})
    path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xff\xff"))
    found, notes = read_zip(path, plenty())
    assert found == [] and len(notes) == 1, (found, notes)


def good_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zip_:
        for name in ("a.xml", "b/c.xml"):
            zip_.writestr(name, GOOD * 1)
    return made.getvalue()


GOOD_ZIP = good_zip()


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD_ZIP) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(GOOD_ZIP)),
    st.binary(max_size=20),
)
def test_any_damage_is_survived(
    tmp_path: Path, flips: list[tuple[int, int]], cut: int, junk: bytes
) -> None:
    made = bytearray(GOOD_ZIP)
    for at, value in flips:
        made[at] = value
    path = tmp_path / "a.zip"
    path.write_bytes(bytes(made[:cut]) + junk if cut % 3 == 0 else junk + bytes(made))
    found, _notes = read_zip(path, plenty())
    assert failures(found) <= 2
    assert [one.name for one in tmp_path.iterdir()] == ["a.zip"]


def test_limits_are_those_that_are_promised() -> None:
    limits = junit_zip.MEMBERS, junit_zip.MEMBER_BYTES, junit_zip.TOTAL_BYTES, junit_zip.RATIO
    assert limits == (2000, 64 << 20, 512 << 20, 200)
