"""What to install for the tests of a project: its CI's own steps, else what looks like tests."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from improve.workbench.declared.files import strings
from improve.workbench.declared.nox import read_nox
from improve.workbench.declared.project import Project
from improve.workbench.declared.requirements import (
    Needs,
    is_for_other_work,
    name_of,
    rank,
    read_file,
)
from improve.workbench.declared.shell import Commands
from improve.workbench.declared.tox import read_tox
from improve.workbench.declared.workflows import read_workflows

_WORDS = ("requirements", "requirement", "requires", "require", "reqs", "req", "deps", "dependencies")  # fmt: skip
_ENVIRONMENT_FILES = ("tox.ini", "tox.toml", "noxfile.py")


@dataclass(frozen=True)
class Plan:
    """``project``: install the project itself; ``locked``: its lock file counts in its CI."""

    project: bool
    needs: Needs
    locked: bool
    sources: tuple[str, ...]


def plan(project: Project, minor: str) -> Plan:
    """The needs of the project's tests under the Python ``minor`` ('3.11')."""
    needs, locked, sources = _needs(project, minor)
    if not project.installable:
        base = Needs(project.dependencies).named("declared dependencies")
        for path in ("requirements.txt", "requirements/base.txt", "requirements.in"):
            base = base or read_file(project.texts, path).named(path)
        needs, sources = base + needs, base.sources + sources
    needs += Needs(project.members)
    own = ("the project",) if project.installable else ()
    return Plan(project.installable, _own_extras(project, needs), locked, own + sources)


def _needs(project: Project, minor: str) -> tuple[Needs, bool, tuple[str, ...]]:
    found = read_workflows(project.texts)
    if found:
        path, commands = found
        needs = _resolved(project, commands, minor)
        if _brings_tests(needs):
            return needs, commands.locked, (*_told(needs), f"as {path} does")
    needs = (
        _test_like(project, (3, 2)) or _environments(project, minor) or _test_like(project, (1,))
    )
    if found:
        needs = _resolved(project, found[1], minor) + needs
    return needs, found is None or found[1].locked, _told(needs)


def _told(needs: Needs) -> tuple[str, ...]:
    return tuple(s for s in needs.sources if s != "project")


def _brings_tests(needs: Needs) -> bool:
    names = {name_of(r) for r in needs.requirements}
    return bool(needs.extras) or any(n.startswith("pytest") for n in names) or len(names) > 2


def _resolved(project: Project, commands: Commands, minor: str) -> Needs:
    """Commands with their groups, extras and delegates looked up in the project."""
    needs = commands.needs
    for tool, name in commands.delegates:
        inner = _delegate(project, tool, name, minor)
        needs += _resolved(project, replace(inner, delegates=()), minor)
        needs += (
            Needs(sources=(f"{tool} {name}".strip(),)) if inner.needs or inner.groups else Needs()
        )
    # `uv run tox` would sync the default groups as well, but they are there for the runner only.
    by_default = commands.defaults and not (commands.delegates and needs)
    groups = commands.groups + (project.default_groups if by_default else ())
    for name in (*groups, *(project.groups if commands.every_group else ())):
        needs += group(project, name)
    names = tuple(project.extras) if commands.every_extra else needs.extras
    extras = [project.of_name("extra", n) or ("" if project.extras else n) for n in names]
    needs = replace(needs, extras=())
    for name in extras:
        needs += extra(project, name) if name else Needs()
    return needs


def group(project: Project, name: str) -> Needs:
    """The requirement lines of one dependency group, by any spelling of its name."""
    known = project.of_name("group", name)
    return _lines(project.groups[known], f"group '{known}'", rank(known)) if known else Needs()


def extra(project: Project, name: str) -> Needs:
    """One extra of the project: by name, or by its lines where some of them are for other work."""
    lines = project.extras.get(name, ())
    if rank(name) > 1 or not any(map(is_for_other_work, lines)):
        return Needs(extras=(name,)).named(f"extra '{name}'")
    return _lines(lines, f"extra '{name}'", 1)


def _lines(lines: tuple[str, ...], source: str, importance: int) -> Needs:
    """Lines of a group; one for development in general is taken without linters and the like.

    They double the time of the install, conflict most often, and no test imports them (what one
    does import is added afterwards, see ``missing``).
    """
    kept = tuple(line for line in lines if importance > 1 or not is_for_other_work(line))
    told = source if len(kept) == len(lines) else f"{source} (without linters and the like)"
    left = tuple(line for line in lines if line not in kept)
    return replace(Needs(kept).named(told), aside=left)


def _delegate(project: Project, tool: str, name: str, minor: str) -> Commands:
    if tool == "tox":
        return read_tox(project.texts, name, minor)
    if tool == "nox":
        return read_nox(project.texts, name)
    return _hatch(project, name)


def _hatch(project: Project, name: str) -> Commands:
    made = Commands()
    for one in dict.fromkeys(("default", name)):
        env = project.hatch.get(one, {})
        lines = strings(env.get("dependencies")) + strings(env.get("extra-dependencies"))
        made += Commands(Needs(lines, strings(env.get("features"))), strings(env.get("dependency-groups")))  # fmt: skip
    return made


def _environments(project: Project, minor: str) -> Needs:
    for tool in ("tox", "nox"):
        found = _delegate(project, tool, "", minor)
        if needs := _resolved(project, found, minor) if found.tests else Needs():
            return needs + Needs(sources=(tool,))
    for name in sorted(project.hatch, key=rank, reverse=True):
        if needs := _resolved(project, _hatch(project, name), minor):
            return needs + Needs(sources=(f"hatch environment '{name}'",))
    return Needs()


def _test_like(project: Project, ranks: Iterable[int]) -> Needs:
    """Everything of the first of ``ranks`` at which the project declares anything."""
    for wanted in ranks:
        needs = Needs()
        for name in project.extras:
            if rank(name) == wanted:
                needs += extra(project, name)
        for name in project.groups:
            needs += group(project, name) if rank(name) == wanted else Needs()
        for path in project.files:
            if file_rank(path) == wanted and not _twin(project, path):
                found = read_file(project.texts, path)
                lines = _lines(found.requirements, path, wanted)
                needs += replace(lines, extras=found.extras, constraints=found.constraints)
        if wanted == 3:
            needs += Needs(project.tests_require).named("tests_require")
        if needs:
            return needs
    return Needs()


def _twin(project: Project, path: str) -> bool:
    return path.endswith(".in") and path.removesuffix(".in") + ".txt" in project.files


def file_rank(path: str) -> int:
    """``rank`` of a requirements file, by its name or, when that is plain, by its folder's."""
    folder, stem = posixpath.split(posixpath.splitext(path)[0])
    parts = [
        p for p in stem.replace("_", "-").replace(".", "-").lower().split("-") if p not in _WORDS
    ]
    if parts:
        inside = folder == "" or any(w in folder.lower() for w in ("req", "test", "dep", "ci"))
        return rank("-".join(parts)) if inside else 0
    return rank(posixpath.basename(folder)) if folder else 0


def _own_extras(project: Project, needs: Needs) -> Needs:
    """A group's ``name[test]`` that means the project itself becomes one of its extras."""
    own = canonicalize_name(project.name) if project.name else None
    kept: list[str] = []
    extras = list(needs.extras)
    for line in needs.requirements:
        if own is None or name_of(line) != own:
            kept.append(line)
            continue
        try:
            extras += sorted(Requirement(line).extras)
        except InvalidRequirement:
            continue
    return replace(needs, requirements=tuple(kept), extras=tuple(dict.fromkeys(extras)))
