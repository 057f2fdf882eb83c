"""Secrets whose value we know, found whole, cut or encoded. Pure.

Rules on shapes miss a key whose first letters were cut off, and one that was encoded: an agent was
asked for just that in public attacks. So every piece of twelve bytes counts, in each common coding.
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Iterator, Mapping
from urllib.parse import quote_from_bytes

PIECE = 12
_WORD = 8  # any piece of 12 bytes holds a whole word of 8 that begins at a multiple of 4
_FEW = 8  # lines of a secret up to which each is looked for in every form
_DISTINCT = 4  # a piece of fewer different bytes ('000000000000') is everybody's


class Known:
    """Secrets made ready to be looked for: the pieces of all their forms; each line of a value is one."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self.pieces: dict[bytes, str] = {}
        for variable, value in secrets.items():
            name = variable.encode("utf-8", "replace").decode()  # it is written into texts
            lines = value.split(b"\n")
            forms = _forms if len(lines) <= _FEW else _common_forms
            for form in (form for one in lines for form in dict.fromkeys(forms(one.strip()))):
                for at in range(len(form) - PIECE + 1):
                    piece = form[at : at + PIECE]
                    if len(set(piece)) >= _DISTINCT:
                        self.pieces.setdefault(piece, name)
        starts = range(PIECE - _WORD + 1)
        words = b"".join(piece[at : at + _WORD] for piece in self.pieces for at in starts)
        self.words = frozenset(array("Q", words))

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def spans(self, data: bytes, quick: bool = False) -> list[tuple[int, int, str]]:
        """Start, end and name of all that is a piece of a secret, in order, without overlaps.

        ``quick``: of twice the speed, but of what is shorter than 15 bytes some is not found.
        """
        found: list[tuple[int, int, str]] = []
        for low, high in self._suspect(data, (0,) if quick else (0, _WORD // 2)):
            for at in range(low, high):
                name = self.pieces.get(data[at : at + PIECE])
                if name is None:
                    continue
                if found and at <= found[-1][1]:
                    found[-1] = (found[-1][0], max(found[-1][1], at + PIECE), found[-1][2])
                else:
                    found.append((at, at + PIECE, name))
        return found

    def _suspect(self, data: bytes, shifts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        """Ranges in which a piece may begin: those around a word that one of them holds."""
        last = len(data) - PIECE + 1
        if not self.pieces or last < 1:
            return
        marks: set[int] = set()
        for shift in shifts:
            read = array("Q", data[shift : shift + (len(data) - shift) // _WORD * _WORD])
            if not self.words.isdisjoint(read):
                marks.update(
                    shift + number * _WORD for number, word in enumerate(read) if word in self.words
                )
        done = 0
        for mark in sorted(marks):
            # Also pieces without this word: the next one that is looked for is a word further.
            low, high = max(done, mark - _WORD + 1), min(last, mark + PIECE - _WORD)
            if low < high:
                yield low, high
                done = high


def _forms(value: bytes) -> Iterator[bytes]:
    for plain in (value, value[::-1]):
        yield from _common_forms(plain)
        yield quote_from_bytes(plain, safe="").encode()
        yield plain.hex().upper().encode()
        yield plain.hex("%").join(("%", "")).encode()
        yield plain.hex("%").upper().join(("%", "")).encode()
        yield base64.b64encode(base64.b64encode(plain))
        for at in range(5):  # base32's groups are of five
            yield base64.b32encode(plain[at : at + (len(plain) - at) // 5 * 5])


def _common_forms(plain: bytes) -> Iterator[bytes]:
    """Each line of a private key is a secret of its own; the pieces of all its forms would be 40 MB."""
    yield plain
    yield plain.hex().encode()
    for at in range(3):  # where base64's groups of three begin decides what it looks like
        coded = base64.b64encode(plain[at : at + (len(plain) - at) // 3 * 3])
        yield coded
        yield coded.replace(b"+", b"-").replace(b"/", b"_")
