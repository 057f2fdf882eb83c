"""Lines out of a byte stream, with flat memory, whatever the stream holds."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from improve.evidence.clean import CAP

_BLOCK = 1 << 18
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def capped_lines(stream: BinaryIO, cap: int = CAP) -> Iterator[bytes]:
    """Yield each line's first ``cap`` bytes, without its LF.

    A line of a gigabyte costs one block of memory. UTF-16 with a byte-order mark is turned into
    UTF-8 on the way.
    """
    return _cap(recoded(iter(lambda: stream.read(_BLOCK), b"")), cap)


def recoded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass chunks through; when the first carries a UTF-16 mark, turn all of them into UTF-8."""
    source = iter(chunks)
    first = next(source, b"")
    if first[:2] not in _UTF16:
        yield first
        yield from source
        return
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    yield _utf8(decoder.decode(first))
    for chunk in source:
        yield _utf8(decoder.decode(chunk))
    yield _utf8(decoder.decode(b"", final=True))


def split_recoded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines as given; when they turn out to be UTF-16 cut at LF bytes, whole lines in UTF-8."""
    source = iter(lines)
    first = next(source, None)
    if first is None:
        return iter(())
    rest = _again(first, source)
    return _cap(recoded(rest), CAP) if first[:2] in _UTF16 else rest


def _again(first: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from source


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _cap(chunks: Iterable[bytes], cap: int) -> Iterator[bytes]:
    head = b""  # first bytes of the line that is still open
    is_open = False
    for chunk in chunks:
        lines = chunk.split(b"\n")
        if len(lines) == 1:
            if len(head) < cap:
                head += lines[0][: cap - len(head)]
            is_open = is_open or bool(lines[0])
            continue
        yield (head + lines[0][:cap])[:cap]
        for line in lines[1:-1]:
            yield line if len(line) <= cap else line[:cap]
        head = lines[-1][:cap]
        is_open = bool(head)
    if is_open:
        yield head
