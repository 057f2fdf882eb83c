"""Requests and logs that somebody or something damaged, as hypothesis draws them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import strategies as st
from tests.support.malformed_requests import GOOD, RUN

from improve.records import Request
from improve.records.request import Limits

KEYS = sorted(field.alias or name for name, field in Request.model_fields.items())
LIMITS = sorted(Limits.model_fields)
TEXTS = st.sampled_from([
    "", " ", "a", "-x", "@file", "../..", "/etc/passwd", "a\0b", "\x1b[31m", "\u202e", "a" * 5000, RUN,
    "https://", "https://user:secret@github.com/a/b/actions/runs/1", "tests/test_a.py::test_b[" + "x" * 300,
    "\ud800", "\n" * 50, "refs/heads/a..b", "true", "1e999",
]) | st.text(max_size=30)  # fmt: skip
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(LIMITS) | TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


@st.composite
def mutated_request(draw: st.DrawFn) -> tuple[dict[str, object], set[str]]:
    """A request with one to three keys changed, added, taken away or misspelt; and those keys."""
    request: dict[str, object] = json.loads(GOOD)
    changed = set()
    for _ in range(draw(st.integers(1, 3))):
        key = draw(st.sampled_from(KEYS))
        how = draw(st.sampled_from(["value", "value", "value", "gone", "misspelt"]))
        changed.add(key)
        if how == "gone":
            request.pop(key, None)
        elif how == "misspelt":
            at = draw(st.integers(0, len(key) - 1))
            wrong = key[:at] + draw(st.sampled_from("aeixz_")) + key[at + 1 :]
            request[wrong] = request.pop(key, 1)
            changed.add(wrong)
        else:
            request[key] = draw(ANY)
    return request, changed


JUNK = st.binary(max_size=40) | st.sampled_from([
    b"\n", b"\r", b"\x1b[", b"=" * 80 + b"\n", b"____ x ____\n", b"E   \n", b"\n\n", b"\x00", b"{", b'"', b"\\",
    b"\xff\xfe", b"9" * 400, b"[" * 400, b" " * 5000,
])  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, originals: Sequence[bytes]) -> bytes:
    """One of them with pieces cut out, doubled, moved, swapped for junk, or cut off at the end."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = start + draw(st.integers(0, 2000))
        change = draw(st.sampled_from(["cut", "double", "move", "junk", "end"]))
        if change == "cut":
            data = data[:start] + data[end:]
        elif change == "double":
            data = data[:end] + data[start:end] + data[end:]
        elif change == "move":
            data = data[start:end] + data[:start] + data[end:]
        elif change == "junk":
            data = data[:start] + draw(JUNK) + data[start:]
        else:
            data = data[:start]
    return data
