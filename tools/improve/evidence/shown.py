"""A log as it may be shown: cleaned and redacted line by line, in flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from improve.evidence.clean import clean_line, clean_text, decode
from improve.evidence.lines import capped_lines
from improve.redaction import redact

BLOCK = 1 << 18  # characters that are redacted at once
LONGEST_KEY = 20_000  # characters of a private key; it is never cut in two
_DRESSED = ("2", "#", ":", "[")  # with what a stamp or a mark of the runner begins
MARGIN = 4096  # characters that are looked at beyond a cut: a secret that is cut is known no more
_BEGIN, _END = "-----BEGIN ", "-----END "


def shown(stream: BinaryIO) -> Iterator[str]:
    """Blocks of whole lines, each ending in LF, of a log of any size."""
    lines: list[str] = []
    size = 0
    for raw in capped_lines(stream):
        text = decode(raw)
        # The usual line is clean as it stands: four looks in C instead of ten calls.
        usual = text.isascii() and text.isprintable() and text[:1] not in _DRESSED
        line = text.rstrip() if usual else clean_line(text)
        lines.append(line)
        size += len(line) + 1
        if size >= BLOCK:
            block, kept = _without_open_key("\n".join(lines) + "\n")
            yield redact(block)
            lines, size = kept, sum(map(len, kept))
    if lines:
        yield redact("\n".join(lines) + "\n")


def beginning(text: str, most: int) -> str:
    """The first ``most`` characters, cleaned, redacted and only then cut."""
    return redact(clean_text(text[: most + MARGIN]))[:most]


def ending(text: str, most: int) -> str:
    """The last ``most`` characters, cleaned, redacted and only then cut."""
    return redact(clean_text(text[-most - MARGIN :]))[-most:]


def _without_open_key(block: str) -> tuple[str, list[str]]:
    """The block up to a private key that has not ended yet, and the lines from there on."""
    begun = block.find(_BEGIN, max(0, len(block) - LONGEST_KEY))
    if begun < 0 or block.find(_END, begun) >= 0:
        return block, []
    begun = block.rfind("\n", 0, begun) + 1
    return (block[:begun], block[begun:-1].split("\n")) if begun else (block, [])
