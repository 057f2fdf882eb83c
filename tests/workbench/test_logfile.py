"""The log that a request names is a regular file, or the request is told why not."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import pytest

from improve.errors import ImproveError, RequestError
from improve.workbench.logfile import copy_log, looks_like_path, open_log


def test_the_copy_is_the_log_byte_for_byte_for_its_owner_only(tmp_path: Path) -> None:
    content = b"\xff\x00\r\n" * 1000
    (tmp_path / "ci.log").write_bytes(content)
    kept = tmp_path / "raw.log"
    kept.write_text("of an earlier session")
    kept.chmod(0o644)
    with open_log(" ci.log\n", (tmp_path / "elsewhere", tmp_path)) as source:
        copy_log(source, kept)
    assert kept.read_bytes() == content and kept.stat().st_mode & 0o777 == 0o600


def test_one_line_is_a_path_and_several_are_a_log() -> None:
    assert looks_like_path("logs/ci.log\n")
    assert not looks_like_path("FAILED t.py::a\n1 failed") and not looks_like_path("x" * 2000)


@pytest.mark.parametrize("kind", ["folder", "fifo", "socket", "device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "log"
    if kind == "folder":
        place.mkdir()
    elif kind == "fifo":
        os.mkfifo(place)
    elif kind == "socket":
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(place))
        listening.close()
    else:
        place = Path("/dev/zero")
    with pytest.raises(RequestError, match="raw-logs") as caught:
        open_log(str(place), ())
    assert caught.value.cure


@pytest.mark.parametrize(
    "given", ["missing.log", "x" * 400, "a\0b", "~nobody/log", "info.json/log"]
)
def test_a_path_that_leads_nowhere_is_named_with_its_cure(tmp_path: Path, given: str) -> None:
    (tmp_path / "info.json").touch()
    with pytest.raises(RequestError, match="is read as a path") as caught:
        open_log(given, (tmp_path,))
    assert "\0" not in str(caught.value) and "put the log's text" in caught.value.cure


def test_a_log_that_grows_is_not_taken_for_whole(tmp_path: Path) -> None:
    (tmp_path / "ci.log").write_bytes(b"x" * (3 << 20))
    with open_log("ci.log", (tmp_path,)) as source, pytest.raises(ImproveError, match="changed"):
        source.seek(1)  # what is read is not what was measured
        copy_log(source, tmp_path / "raw.log")
    assert not (tmp_path / "raw.log").exists()


def test_of_a_copy_that_breaks_off_nothing_is_left(tmp_path: Path) -> None:
    class Breaking(io.BytesIO):
        """A log on a disk that fails behind its first part."""

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(10)

        def fileno(self) -> int:
            return descriptor

    (tmp_path / "ci.log").write_bytes(b"a token, " * 10)
    with (tmp_path / "ci.log").open("rb") as stream:
        descriptor = stream.fileno()
        with pytest.raises(ImproveError, match="Input/output error"):
            copy_log(Breaking(b"a token, " * 10), tmp_path / "raw.log")
    assert not (tmp_path / "raw.log").exists()


@pytest.mark.parametrize("given", ["/proc/self/environ", "/sys/kernel/uevent_seqnum", "link.log"])
def test_the_state_of_the_machine_is_no_log(tmp_path: Path, given: str) -> None:
    (tmp_path / "link.log").symlink_to("/proc/self/environ")
    place = given if given.startswith("/") else str(tmp_path / given)
    if not Path(place).exists():
        pytest.skip(f"there is no {place}")
    with pytest.raises(RequestError, match="is not a regular file"):
        open_log(place, ())


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("link.log", "a part of it is a link"), ("folder/ci.log", "a part of it is a link"),
        ("../outside/ci.log", "leads out"), ("logs/../../outside/ci.log", "leads out"),
    ],
)  # fmt: skip
def test_a_relative_path_stays_in_its_folder_and_follows_no_link(
    tmp_path: Path, given: str, why: str
) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    for place in (top / "logs", outside):
        place.mkdir(parents=True)
        (place / "ci.log").write_text(place.name)
    (top / "link.log").symlink_to(outside / "ci.log")
    (top / "folder").symlink_to(outside)
    (tmp_path / "toplink").symlink_to(top)
    with pytest.raises(RequestError, match=why) as caught:
        open_log(given, (top, outside))
    assert "an absolute path may" in caught.value.cure
    for named in ("logs/ci.log", "./logs//ci.log"):  # the controls
        with open_log(named, (tmp_path / "toplink",)) as source:
            assert source.read() == b"logs"
    with open_log(str(top / "folder/ci.log"), ()) as source:
        assert (source.read(), source.name) == (b"outside", str(top / "folder/ci.log"))
