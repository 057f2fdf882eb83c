"""By what a pull request is known to be about a failure: digests of signatures, on its first line.

The line is a link reference that no text uses: Markdown shows nothing of it. Only a first line
counts, since everything below may quote foreign text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from improve.evidence.signature import bare_type
from improve.records.evidence import Failure

MOST = 40  # digests; a run with more failures than that is known by one digest of them all
_LINE = re.compile(
    r"\[codebase-improvements\]: # \((?:run ([0-9]{1,20}), )?failures((?: [0-9a-f]{16}){1,40})\)"
)
_NAME = 40


class Marker(NamedTuple):
    """What a first line says: digests, and the CI run that they were seen in."""

    digests: frozenset[str]
    run: int | None = None


def digests(failures: Iterable[Failure]) -> frozenset[str]:
    """One digest a failure; equal for the same test failing with the same signature in any run."""
    found = {
        _digest(f"{(one.node_id or one.file or '').partition('[')[0]}\n{one.signature}")
        for one in failures
        if one.signature
    }
    return frozenset(found if len(found) <= MOST else {_digest("\n".join(sorted(found)))})


def write_marker(marker: Marker) -> str:
    """The line; '' when nothing is known of the failure."""
    if not marker.digests:
        return ""
    run = f"run {marker.run}, " if marker.run else ""
    return f"[codebase-improvements]: # ({run}failures {' '.join(sorted(marker.digests))})"


def read_marker(body: str) -> Marker | None:
    """The marker on the first line of a pull request's text."""
    found = _LINE.fullmatch(body[:2000].partition("\n")[0].rstrip("\r"))
    if found is None:
        return None
    return Marker(frozenset(found[2].split()), int(found[1]) if found[1] else None)


def name_for(failures: Sequence[Failure]) -> str:
    """A name for folders and branches that is the same whenever these failures come again."""
    known = digests(failures)
    if not known:
        return ""
    first = min(
        failures, key=lambda one: (one.node_id or "~", one.signature)
    )  # jobs end in any order
    node = (first.node_id or "").partition("[")[0].rsplit("::", 1)[-1].rsplit("/", 1)[-1]
    words = re.sub(r"[^a-z0-9]+", "-", (node or bare_type(first) or "failure").lower())[:_NAME]
    return f"{words.strip('-') or 'failure'}-{_digest(' '.join(sorted(known)))[:8]}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
