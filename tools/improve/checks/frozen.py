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
from improve.workbench import beneath
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

    Raises: ImproveError when the kept copy is not what was frozen, or would lie outside the tree.
    """
    for file in frozen:
        kept = run / FOLDER / file.path
        if sha256(kept) != file.sha256:
            raise ImproveError(
                f"{kept} is not the reproduction that was frozen.",
                f"Run the phase again: ./run.sh --resume {run.name} --from reproduce",
            )
        beneath.write(tree, file.path, kept.read_bytes())


def untouched(frozen: Sequence[FrozenFile], tree: Path) -> bool:
    """The frozen files lie in the tree, byte for byte."""
    return all(sha256(tree / file.path) == file.sha256 for file in frozen)
