"""What the embedded agent reads of a tree: product files, test files, who imports what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from improve.repair.localise import is_product
from improve.workbench import beneath
from improve.workbench.folders import walk

MOST_FILES = 4000
MOST_BYTES = 1_000_000
_SKIPPED = {"node_modules", "__pycache__", "build", "dist", "venv", "site-packages"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def python_files(tree: Path) -> tuple[str, ...]:
    """Python files below a tree, '/' separated; hidden folders and environments left out."""
    found: list[str] = []
    for here, folders, files in walk(tree):
        keep = [f for f in folders if f not in _SKIPPED and not f.startswith(".")]
        folders[:] = sorted(f for f in keep if not (here / f / "pyvenv.cfg").exists())
        found += [(here / f).relative_to(tree).as_posix() for f in sorted(files) if f[-3:] == ".py"]
        if len(found) > MOST_FILES:
            break
    return tuple(found[:MOST_FILES])


def read(tree: Path, path: str) -> bytes | None:
    """A file's bytes; None when it is missing, too large, or leads out of the tree."""
    stream = beneath.regular(tree, tree / path)
    if stream is None:
        return None
    with stream:
        text = stream.read(MOST_BYTES + 1)
    return text if len(text) <= MOST_BYTES else None


def related_tests(tree: Path, files: Iterable[str], products: Sequence[str]) -> tuple[str, ...]:
    """Test files that name a product module, those with the module's own name first."""
    stems = {_stem(p): p for p in products}
    ranked: list[tuple[int, str]] = []
    for path in files:
        name = PurePosixPath(path).name
        if is_product(path) or not (name.startswith("test_") or name.endswith("_test.py")):
            continue
        text = (read(tree, path) or b"").decode("utf-8", "replace")
        words = set(_WORD.findall(text))
        hits = [s for s in stems if s in words]
        if hits:
            own = any(name in (f"test_{s}.py", f"{s}_test.py") for s in hits)
            ranked.append((0 if own else 1, path))
    return tuple(path for _, path in sorted(ranked))


def _stem(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
