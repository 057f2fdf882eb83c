"""The project as it declares itself: name, Pythons, extras, groups, requirement files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

from packaging.utils import canonicalize_name

from improve.workbench.declared.files import Texts, strings, table, toml
from improve.workbench.declared.requirements import from_poetry
from improve.workbench.declared.setuptools import from_cfg, from_setup_py


@dataclass(frozen=True)
class Project:
    """``groups`` hold requirement lines that pip cannot ask the project for; extras it can."""

    texts: Texts
    name: str = ""
    requires_python: str = ""
    installable: bool = False
    dependencies: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_groups: tuple[str, ...] = ()
    hatch: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    tests_require: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    def of_name(self, kind: str, name: str) -> str | None:
        """The extra or group as the project spells it, or None."""
        known = self.extras if kind == "extra" else self.groups
        wanted = canonicalize_name(name)
        return next((k for k in known if canonicalize_name(k) == wanted), None)


def read_project(texts: Texts) -> Project:
    """What the files of one project folder declare, whatever tool they are written for."""
    pyproject = toml(texts, "pyproject.toml")
    old = {**from_setup_py(texts.get("setup.py", "")), **from_cfg(texts.get("setup.cfg", ""))}
    new = table(pyproject, "project")
    poetry = table(pyproject, "tool", "poetry")
    flit = table(pyproject, "tool", "flit", "metadata")
    python = new.get("requires-python") or old.get("python_requires") or flit.get("requires-python")
    optional = {k: strings(v) for k, v in table(new, "optional-dependencies").items()}
    return Project(
        texts,
        name=str(new.get("name") or poetry.get("name") or old.get("name") or ""),
        requires_python=str(python or _poetry_python(poetry)),
        installable=bool(
            new or poetry or flit or "build-system" in pyproject or "setup.py" in texts
            or ("name" in old and "setup.cfg" in texts)
        ),
        dependencies=strings(new.get("dependencies")) or strings(old.get("install_requires"))
        or strings(flit.get("requires")) or from_poetry(table(poetry, "dependencies")),
        extras={
            **old.get("extras_require", {}),
            **{k: strings(v) for k, v in table(flit, "requires-extra").items()},
            **{k: strings(v) for k, v in table(poetry, "extras").items()},
            **optional,
        },
        groups=_groups(pyproject, poetry),
        default_groups=_default_groups(pyproject, poetry),
        hatch={**table(pyproject, "tool", "hatch", "envs"), **table(toml(texts, "hatch.toml"), "envs")},
        tests_require=strings(old.get("tests_require")),
        files=tuple(sorted(p for p in texts if _is_requirements(p))),
        members=_members(texts, table(pyproject, "tool", "uv"), bool(new)),
    )  # fmt: skip


def _members(texts: Texts, uv: dict[str, Any], is_project: bool) -> tuple[str, ...]:
    """Folders of the workspace that must be installed too; all of them below a mere workspace."""
    sources = {str(canonicalize_name(k)): v for k, v in table(uv, "sources").items()}
    wanted = {n for n, v in sources.items() if table(v).get("workspace")}
    patterns = strings(table(uv, "workspace").get("members"))
    found = [str(v["path"]) for v in sources.values() if isinstance(table(v).get("path"), str)]
    for path in sorted(texts):
        folder, _, name = path.rpartition("/")
        if name == "pyproject.toml" and any(fnmatch(folder, p.rstrip("/")) for p in patterns):
            own = str(table(toml(texts, path), "project").get("name", ""))
            if not is_project or canonicalize_name(own or "-") in wanted:
                found.append(folder)
    return tuple(f"./{posixpath.normpath(f)}" for f in found if not f.startswith(("/", "..")))


def _is_requirements(path: str) -> bool:
    name = posixpath.basename(path)
    return name.endswith((".txt", ".in", ".pip")) and "constraint" not in name


def _poetry_python(poetry: dict[str, Any]) -> str:
    wanted = table(poetry, "dependencies").get("python", "")
    lines = from_poetry({"interpreter": wanted}) if isinstance(wanted, str) and wanted else ()
    return lines[0].removeprefix("interpreter") if lines else ""


def _groups(pyproject: dict[str, Any], poetry: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    declared = table(pyproject, "dependency-groups")
    groups = {name: _expanded(declared, name, frozenset()) for name in declared}
    for name, lines in table(pyproject, "tool", "pdm", "dev-dependencies").items():
        groups.setdefault(name, strings(lines))
    if old := strings(table(pyproject, "tool", "uv").get("dev-dependencies")):
        groups["dev"] = groups.get("dev", ()) + old
    if old_dev := from_poetry(table(poetry, "dev-dependencies")):
        groups["dev"] = groups.get("dev", ()) + old_dev
    for name, group in table(poetry, "group").items():
        groups[name] = groups.get(name, ()) + from_poetry(table(group, "dependencies"))
    return groups


def _expanded(declared: dict[str, Any], name: str, seen: frozenset[str]) -> tuple[str, ...]:
    # PEP 735: an entry is a requirement or {include-group = "..."}; circles are an error there.
    if name in seen or not isinstance(declared.get(name), list):
        return ()
    made: tuple[str, ...] = ()
    for entry in declared[name]:
        if isinstance(entry, str):
            made += (entry,)
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
            wanted = canonicalize_name(entry["include-group"])
            other = next((k for k in declared if canonicalize_name(k) == wanted), "")
            made += _expanded(declared, other, seen | {name})
    return made


def _default_groups(pyproject: dict[str, Any], poetry: dict[str, Any]) -> tuple[str, ...]:
    chosen = table(pyproject, "tool", "uv").get("default-groups")
    if chosen == "all":
        return tuple(table(pyproject, "dependency-groups"))
    if chosen is not None:
        return strings(chosen)
    required = [n for n, g in table(poetry, "group").items() if not table(g).get("optional")]
    pdm = table(pyproject, "tool", "pdm", "dev-dependencies")
    return ("dev", *required, *pdm)
