"""What an agent's program sends to its model, without the secrets that its tools found. Pure.

A program's own tools (Read, Grep, a shell) send what stands in the repository, and a hook of the
program can neither change what a failed command printed nor see all that it sends. Its requests
pass through the key proxy anyway, so they are looked through there, whatever program it is.
"""

from __future__ import annotations

import json
from typing import Any

from improve.redaction import redact, redact_known

LARGEST = 64 << 20  # bytes; the vendors take at most 32 MiB
# The vendor's own, signed or sealed: a sign that is changed in it makes the whole request void
# (https://docs.claude.com/en/docs/build-with-claude/extended-thinking). Only known values go.
SEALED_FIELDS = frozenset({"signature", "encrypted_content"})
SEALED_BLOCKS = frozenset({"thinking", "redacted_thinking"})


def without_secrets(body: bytes) -> bytes:
    """The request (JSON) with every text in it redacted; the very same bytes where there is nothing.

    Raises: ValueError for what is no JSON, and so cannot be looked through.
    """
    try:
        given = json.loads(body, object_pairs_hook=_once)
        clean = _clean(given)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return body if clean == given else json.dumps(clean, separators=(",", ":")).encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two fields of one name we would see the last, and the vendor perhaps the first.
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is there twice")
    return found


def _clean(value: Any, *, sealed: bool = False) -> Any:
    if isinstance(value, str):
        return redact_known(value) if sealed else redact(value)
    if isinstance(value, list):
        return [_clean(item, sealed=sealed) for item in value]
    if not isinstance(value, dict):
        return value
    sealed = sealed or str(value.get("type")) in SEALED_BLOCKS
    return {
        _clean(key): _clean(item, sealed=sealed or key in SEALED_FIELDS)
        for key, item in value.items()
    }
