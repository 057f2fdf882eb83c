"""Secrets whose value we know, found whole, cut or encoded. Pure.

Rules on shapes miss a key whose first letters were cut off, and one that was encoded: an agent was
asked for just that in public attacks. So every piece of twelve bytes counts, in each common coding.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote_from_bytes

PIECE = 12
SHORTEST = 12
_NAME = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?|PAT)(?:$|_)")


def secrets_of(environ: Mapping[str, str]) -> dict[str, bytes]:
    """The variables that hold a secret, by their names: name -> value.

    Addresses, paths and words are left out: a setting whose name ends in KEY may be a file.
    """
    return {
        name: value.encode("utf-8", "surrogateescape")
        for name, value in environ.items()
        if _NAME.search(name.upper())
        and len(value) >= SHORTEST
        and not value.startswith(("/", "./", "~", "http://", "https://"))
        and not value.isalpha()
        and not any(sign.isspace() for sign in value.strip())
    }


def leaked(data: bytes, secrets: Mapping[str, bytes]) -> list[str]:
    """The names of the secrets of which ``data`` holds a piece of twelve bytes, in any coding."""
    pieces: dict[bytes, str] = {}
    for name, value in secrets.items():
        for form in _forms(value.strip()):
            for at in range(len(form) - PIECE + 1):
                pieces.setdefault(form[at : at + PIECE], name)
    if not pieces:
        return []
    found = {pieces[piece] for piece in _windows((data, data.lower())) if piece in pieces}
    return sorted(found)


def _forms(value: bytes) -> Iterator[bytes]:
    yield value
    yield value[::-1]
    yield quote_from_bytes(value, safe="").encode()
    yield value.hex().encode()
    for at in range(3):  # where base64's groups of three begin decides what it looks like
        coded = base64.b64encode(value[at : at + (len(value) - at) // 3 * 3])
        yield coded
        yield coded.replace(b"+", b"-").replace(b"/", b"_")


def _windows(texts: Iterable[bytes]) -> Iterator[bytes]:
    for text in texts:
        for at in range(len(text) - PIECE + 1):
            yield text[at : at + PIECE]
