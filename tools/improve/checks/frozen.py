"""The frozen reproduction: kept in the run folder by content, laid into every tree from there.

Neither an agent's tree nor the user's checkout is ever asked what the test says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError
from improve.records import FrozenFile
from improve.workbench.bench import sha256

FOLDER = "frozen"


def freeze(run: Path, files: dict[str, bytes]) -> tuple[FrozenFile, ...]:
    """Keep these files (path in the repository -> content) and their digests."""
    frozen = []
    for path, content in sorted(files.items()):
        rundir.write_whole(run / FOLDER / path, content)
        frozen.append(FrozenFile(path=path, sha256=hashlib.sha256(content).hexdigest()))
    return tuple(frozen)


def lay(run: Path, frozen: Sequence[FrozenFile], tree: Path) -> None:
    """Write the frozen files into a tree.

    Raises: ImproveError when the kept copy is not what was frozen.
    """
    for file in frozen:
        kept = run / FOLDER / file.path
        if sha256(kept) != file.sha256:
            raise ImproveError(
                f"{kept} is not the reproduction that was frozen.",
                f"Run the phase again: ./run.sh --resume {run.name} --from reproduce",
            )
        place = tree / file.path
        if not place.parent.resolve().is_relative_to(tree.resolve()):
            raise ImproveError(
                f"{file.path} would be written outside the checkout: a folder above it is a link.",
                "Replace that link in the repository by a folder.",
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_symlink():
            place.unlink()
        place.write_bytes(kept.read_bytes())


def untouched(frozen: Sequence[FrozenFile], tree: Path) -> bool:
    """The frozen files lie in the tree, byte for byte."""
    return all(sha256(tree / file.path) == file.sha256 for file in frozen)
