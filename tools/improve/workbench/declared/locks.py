"""Versions out of lock files and logs, as lines for ``pip -c``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from improve.workbench.declared.files import Texts, table, toml

_NEVER = {"pip", "setuptools", "wheel", "distribute"}


def from_locks(texts: Texts) -> tuple[str, dict[str, str]]:
    """File name and name -> version of the first lock there is; names locked twice are left out."""
    for path in ("uv.lock", "poetry.lock", "pdm.lock"):
        versions: dict[str, set[str]] = {}
        listed = toml(texts, path).get("package", [])
        for package in listed if isinstance(listed, list) else []:
            if _from_index(package):
                name = str(canonicalize_name(str(package.get("name", ""))))
                versions.setdefault(name, set()).add(str(package.get("version", "")))
        plain = {n: next(iter(v)) for n, v in versions.items() if len(v) == 1}
        if plain:
            return path, plain
    return "", {}


def _from_index(package: object) -> bool:
    source = table(package, "source")
    local = {"editable", "virtual", "git", "directory", "path", "url"} & set(source)
    remote = source.get("type", "") in {"", "legacy"}
    return isinstance(package, dict) and not local and remote and "path" not in package


def constraints(versions: Mapping[str, str], own: str) -> tuple[str, ...]:
    """``name==version`` lines, without the project ``own`` and without installers."""
    made = []
    for name, version in versions.items():
        plain = str(canonicalize_name(name))
        try:
            Version(version)
        except InvalidVersion:
            continue
        if plain and plain not in _NEVER and plain != canonicalize_name(own):
            made.append(f"{plain}=={version}")
    return tuple(sorted(made))


def agreeing(
    pins: Iterable[str], requirements: Iterable[str], minor: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """``pins`` parted in those that the ``requirements`` allow and those that contradict them.

    pip would find the contradictions as well, but only one at a time and after seconds.
    """
    asked: dict[str, list[Requirement]] = {}
    for line in requirements:
        try:
            one = Requirement(line)
        except InvalidRequirement:
            continue
        if one.marker is None or one.marker.evaluate({"python_version": minor, "extra": ""}):
            asked.setdefault(str(canonicalize_name(one.name)), []).append(one)
    kept: list[str] = []
    dropped: list[str] = []
    for pin in pins:
        name, _, version = pin.partition("==")
        against = [r for r in asked.get(name, ()) if not r.specifier.contains(version, True)]
        (dropped if against else kept).append(pin)
    return tuple(kept), tuple(dropped)
