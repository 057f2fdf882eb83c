"""The target before anything is installed: its files, its project, its Python, what to order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.records import LoggedEnvironment
from improve.workbench import layout, missing, store
from improve.workbench.bench import Bench
from improve.workbench.checkout import built_from, contents, declaring, listing
from improve.workbench.declared import Plan, Project, plan, plugins, read_project
from improve.workbench.declared.locks import agreeing, constraints, from_locks
from improve.workbench.installer import Order
from improve.workbench.interpreters import Interpreter, choose
from improve.workbench.own_code import has_a_hand
from improve.workbench.users_repository import identity_of

_FILES = 600  # of tests, and of the product, that are looked into


@dataclass(frozen=True)
class Target:
    """What is known of the target before anything is installed.

    ``imports`` are the names from elsewhere that its files load, ``uses`` the pytest plugins that
    its tests use: what fills gaps goes by them, and nothing does where ``setup`` is given.
    ``whose`` tells the repository whose own code has a hand in the building; '' for none, so that
    the environment, and what is fetched for it, are for all who declare the same.
    """

    bench: Bench
    commit: str
    source: Path
    files: Mapping[str, str]
    folder: str
    project: Project
    interpreter: Interpreter
    plan: Plan
    order: Order
    notes: tuple[str, ...]
    imports: tuple[str, ...]
    uses: tuple[str, ...]
    whose: str
    key: str


def read_target(
    bench: Bench,
    commit: str,
    source: Path,
    setup: Sequence[str],
    logged: LoggedEnvironment,
    python: str | None,
) -> Target:
    """Read the commit and decide what its tests need.

    Raises: ImproveError when no Python on this machine is allowed.
    """
    files = listing(bench, commit)
    folder = layout.project_folder(files, (logged.rootdir or "").rstrip("/"))
    texts = contents(bench, declaring(files, folder))
    prefix = f"{folder}/" if folder else ""
    project = read_project({p.removeprefix(prefix): text for p, text in texts.items()})
    interpreter, notes = choose(python, logged.python, project.requires_python)
    made = plan(project, interpreter.minor)
    contradicted, order = _order(project, folder, made, logged, interpreter.minor)
    notes += contradicted
    imports, uses = ((), ()) if setup else _asked_for(bench, files)
    whose = identity_of(source) if setup or has_a_hand(order, made, project) else ""
    key = store.content_key(
        {
            "interpreter": f"{interpreter.path} {interpreter.version}",
            "folder": folder,
            "texts": texts,
            "built from": built_from(files),
            "setup": list(setup),
            "order": repr(order),
            "imports": imports,
            "uses": uses,
            "layout": repr(layout.from_tree(files, folder)),
            # Another repository may declare just the same, and build something else.
            "for": whose,
        }
    )
    return Target(
        bench, commit, source, files, folder, project, interpreter, made, order, notes,
        imports, uses, whose, key,
    )  # fmt: skip


def _asked_for(bench: Bench, files: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    code = [p for p in sorted(files) if missing.is_loaded(p)]
    tests = [p for p in code if missing.is_test_file(p)][:_FILES]
    product = [p for p in code if not missing.is_test_file(p)][:_FILES]
    texts = contents(bench, {p: files[p] for p in (*tests, *product)})
    names = {name for text in texts.values() for name in missing.imported(text)}
    used = {plugin for path in tests for plugin in plugins.used_in(texts.get(path, ""))}
    return tuple(missing.unprovided(names, (), files)), tuple(sorted(used))


def _order(
    project: Project, folder: str, made: Plan, logged: LoggedEnvironment, minor: str
) -> tuple[tuple[str, ...], Order]:
    versions = dict(from_locks(project.texts)[1]) if made.locked else {}
    versions.update(logged.packages)
    if logged.pytest:
        versions["pytest"] = logged.pytest
    pins = constraints(versions, project.name)
    lines = [line for extra in made.needs.extras for line in project.extras.get(extra, ())]
    asked = (*made.needs.requirements, *made.needs.constraints, *project.dependencies, *lines)
    pins, against = agreeing(pins, asked, minor)
    note = f"Not at the version of the log or lock file, as the project asks for another: {', '.join(against)}."
    return (note,) if against else (), Order(
        (folder or ".") if made.project else None,
        made.needs.extras,
        tuple(_from_top(r, folder) for r in made.needs.requirements),
        project.dependencies,
        plugins.demanded(plugins.pytest_settings(project.texts), logged.packages),
        tuple(dict.fromkeys((*made.needs.constraints, *pins))),
    )


def _from_top(requirement: str, folder: str) -> str:
    inside = folder and requirement.startswith("./")
    return f"./{folder}/{requirement[2:]}" if inside else requirement
