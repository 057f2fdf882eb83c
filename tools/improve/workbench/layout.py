"""Where the target's importable packages lie in its tree, and what only a build can make. Pure."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_BESIDE = {
    "test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks", "script",
    "scripts", "tools", "tool", "ci", "setup", "conftest", "noxfile", "tasks", "fabfile", "build", "dist",
    "samples", "demo", "demos", "vendor", "node_modules", "site", "assets", "dev", "bin", "versioneer",
}  # fmt: skip
_ROOTS = ("src", "lib", "python", "")


@dataclass(frozen=True)
class Layout:
    """``roots`` relative to the repository's top ('.' for itself); ``generated`` tree -> source."""

    roots: tuple[str, ...] = ()
    top_level: tuple[str, ...] = ()
    generated: Mapping[str, str] = field(default_factory=dict)


def from_installed(tracked: Iterable[str], installed: Mapping[str, str]) -> Layout:
    """The layout told by an installed copy.

    ``tracked`` are the paths of the tree; ``installed`` maps a path relative to site-packages to
    where the file lies. A package's root is where most of its files are found again in the tree.
    """
    known = set(tracked)
    by_name: dict[str, list[str]] = {}
    for path in known:
        by_name.setdefault(posixpath.basename(path), []).append(path)
    votes: dict[str, Counter[str]] = {}
    for file in installed:
        for path in by_name.get(posixpath.basename(file), ()):
            if path == file or path.endswith("/" + file):
                root = path[: len(path) - len(file)].rstrip("/")
                votes.setdefault(_top(file), Counter())[root] += 1
    home = {top: min(c, key=lambda r: (-c[r], r.count("/"), r)) for top, c in votes.items() if top}
    product = {top: root for top, root in home.items() if top not in _BESIDE} or home
    generated = {
        posixpath.join(product[_top(file)], file): source
        for file, source in installed.items()
        if _top(file) in product and posixpath.join(product[_top(file)], file) not in known
    }
    return Layout(_ordered(product.values()), tuple(sorted(product)), generated)


def _top(file: str) -> str:
    first, slash, _ = file.partition("/")
    name = first if slash else first.split(".")[0]
    return name if name.isidentifier() and (slash or file.endswith((".py", ".so", ".pyd"))) else ""


def _ordered(roots: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({root or "." for root in roots}, key=lambda r: (r == ".", r)))


def from_tree(tracked: Iterable[str], folder: str = "", names: Sequence[str] = ()) -> Layout:
    """The layout told by the tree alone; ``names`` limits it to these packages when known."""
    inside = [p for p in tracked if not folder or p.startswith(folder + "/")]
    for root in _ROOTS:
        place = posixpath.join(folder, root) if root else folder
        found = _importable(inside, place)
        chosen = sorted((found & set(names)) or (found - _BESIDE if not names else set()))
        if chosen:
            return Layout((place or ".",), tuple(chosen))
    return Layout((folder or ".",), ())


def _importable(paths: Iterable[str], place: str) -> set[str]:
    names: set[str] = set()
    prefix = f"{place}/" if place else ""
    for path in paths:
        rest = path[len(prefix) :] if path.startswith(prefix) else ""
        parts = rest.split("/")
        if len(parts) == 2 and parts[1] == "__init__.py" and parts[0].isidentifier():
            names.add(parts[0])
        stem = rest.removesuffix(".py")
        if (
            len(parts) == 1
            and rest.endswith(".py")
            and stem.isidentifier()
            and not stem.startswith("test_")
        ):
            names.add(stem)
    return names


def project_folder(paths: Iterable[str], hint: str = "") -> str:
    """Folder of the tree that holds the Python project: '' for the top.

    ``hint`` is the log's rootdir: of several projects below the top, the one of that name counts.
    """
    markers = {"pyproject.toml", "setup.py", "setup.cfg"}
    places = {posixpath.dirname(p) for p in paths if posixpath.basename(p) in markers}
    if "" in places or not places:
        return ""
    near = [p for p in places if p.count("/") < 2 and not set(p.split("/")) & _BESIDE]
    called = [p for p in near if hint and (hint == p or hint.endswith("/" + p))]
    return min(called or near, key=lambda p: (p.count("/"), p), default="")
