"""The last look before anything leaves this machine: no secret may be in it. Fails closed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from improve.errors import ImproveError
from improve.evidence import leaked, redact, secrets_of

LARGEST = 4 << 20


def files_of(folder: Path) -> bytes:
    """The content of all regular files below ``folder``, one after the other."""
    files = sorted(one for one in folder.rglob("*") if one.is_file() and not one.is_symlink())
    return b"\n".join(one.read_bytes()[:LARGEST] for one in files)


def refuse_secrets(
    made: Mapping[str, bytes], quoted: Mapping[str, bytes], environ: Mapping[str, str]
) -> None:
    """What it is (in words) -> its bytes; ``made`` by an agent, ``quoted`` from the target or a log.

    Raises: ImproveError when any holds a secret of ``environ``, whole, cut or encoded, or when
    something made has the shape of a secret. A test of the target may hold such shapes, and what is
    quoted from logs was redacted. Nothing was pushed then.
    """
    secrets = secrets_of(environ)
    for what, data in {**made, **quoted}.items():
        names = leaked(data, secrets)
        text = data.decode("utf-8", "replace")
        if names or (what in made and redact(text) != text):
            which = (
                f"the value of {names[0]}, or a piece of it"
                if names
                else "what looks like a secret"
            )
            raise ImproveError(
                f"{what} holds {which}; nothing was pushed.",
                "Look at it in the run folder. If it is a secret, change it: others may have read it. "
                "If it is none, publish the patch by hand.",
            )
