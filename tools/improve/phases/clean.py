"""``improve clean``: what old runs left goes, what is in use and every report stays."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from improve.errors import ImproveError
from improve.workbench.kept import Kept, choose, kept
from improve.workbench.removal import take_away

GIGABYTE = 1_000_000_000


def run(
    outputs: Path,
    cache: Path,
    days: float,
    gigabytes: float,
    dry: bool,
    progress: Callable[[str], None],
) -> list[Path]:
    """Remove what is older than ``days``, then the oldest beyond ``gigabytes``; the paths of it.

    With ``dry`` nothing is removed. Raises: ImproveError when something could not be removed; the
    rest is gone then.
    """
    progress(f"looking through {outputs}, {cache} and {tempfile.gettempdir()}")
    found = kept(outputs, cache, Path(tempfile.gettempdir()))
    chosen = choose(found, time.time(), days, int(gigabytes * GIGABYTE))
    failed: list[str] = []
    gone: list[Kept] = []
    for one, why in chosen:
        progress(f"{'would remove' if dry else 'removing'} {one.kind} {one.path.name}: {why}")
        try:
            if dry or take_away(one):
                gone.append(one)
            else:
                progress(
                    f"left {one.kind} {one.path.name}: it has been taken into use, or removed, since"
                )
        except ImproveError as error:
            failed.append(error.what)
        except OSError as error:
            failed.append(f"{one.path} could not be removed: {error.strerror or error}.")
    if failed:
        raise ImproveError("\n".join(failed), "Remove it by hand, then run improve clean again.")
    progress(f"{'would free' if dry else 'freed'} {in_words(gone)}; kept {_rest(found, gone)}")
    return [one.path for one in gone]


def in_words(some: Sequence[Kept]) -> str:
    """'2 runs, 1 environment (1.2 GB)'."""
    kinds = dict.fromkeys(one.kind for one in some)
    parts = [_counted(sum(one.kind == kind for one in some), kind) for kind in kinds]
    return f"{', '.join(parts) or 'nothing'} ({_size(sum(one.size for one in some))})"


def _rest(found: Sequence[Kept], removed: Sequence[Kept]) -> str:
    rest = [one for one in found if not any(one is other for other in removed)]
    busy = sum(one.busy for one in rest)
    return in_words(rest) + (f", {busy} of it in use" if busy else "")


def _counted(number: int, kind: str) -> str:
    if kind == "downloads":
        return "downloads"
    if kind == "temporary":
        kind = "temporary folder"
    return f"{number} {kind}{'' if number == 1 else 'es' if kind.endswith('ch') else 's'}"


def _size(size: int) -> str:
    for unit, most in (("kB", 1e6), ("MB", 1e9), ("GB", 1e12)):
        if size < most:
            return f"{size / (most / 1000):.1f} {unit}"
    return f"{size / 1e12:.1f} TB"
