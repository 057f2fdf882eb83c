"""The target's environment: what its tests need, built from what it declares, kept by content.

The order of trust: ``setup`` of the request; what the project's own CI installs; what the project
declares for tests. When the whole does not install, less is tried, and every step down is told.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.errors import ImproveError
from improve.records import LoggedEnvironment, TargetEnvironment
from improve.workbench import found, layout, missing, store
from improve.workbench.bench import Bench, remove
from improve.workbench.checkout import built_from, contents, declaring, listing, make_checkout
from improve.workbench.declared import Plan, Project, plan, plugins, read_project
from improve.workbench.declared.locks import constraints, from_locks
from improve.workbench.declared.requirements import read_file
from improve.workbench.git import discover, paths
from improve.workbench.inspection import Inside, files_of, look_inside, try_imports
from improve.workbench.installer import (
    Installed,
    Order,
    Venv,
    install,
    make_venv,
    no_environment,
    run_setup,
    supports,
)
from improve.workbench.interpreters import Interpreter, choose

Progress = Callable[[str], None]
_TEST_FILES = 600


@dataclass(frozen=True)
class Target:
    """What is known of the target before anything is installed."""

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
    key: str


def prepare(
    bench: Bench,
    commit: str,
    *,
    source: Path,
    setup: Sequence[str],
    logged: LoggedEnvironment,
    cache: Path,
    python: str | None,
    seconds: float,
    progress: Progress,
) -> TargetEnvironment:
    """An environment in which the tests of ``commit`` run: from the cache, built, or found.

    ``source`` is the top folder of the user's checkout, only looked at to find an environment
    there and to read tags; ``python`` the setting (a version, a path; the path of a virtual
    environment's interpreter means: use that one as it is); ``seconds`` limits the whole.

    Raises: ImproveError when there is none, with the end of what the installer said.
    """
    deadline = time.monotonic() + seconds
    if found.is_environment(python):
        return _named(bench, commit, Path(str(python)).expanduser(), deadline)
    target = _target(bench, commit, source, setup, logged, python)
    place = cache / "environments" / target.key
    if ready := store.load(place):
        return ready
    with store.locked(place, max(1.0, deadline - time.monotonic()), progress):
        if ready := store.load(place):
            return ready
        made, whole = _build(target, setup, place, deadline, progress)
        if whole:
            store.save(place, made)
        else:
            remove(place)
    store.prune(place.parent, place)
    return made


def overlay(tree: Path, environment: TargetEnvironment) -> tuple[str, ...]:
    """Copy the files that only a build makes into ``tree``; the relative paths of those copied.

    What the tree has itself is left alone.
    """
    done: list[str] = []
    for path, origin in environment.generated.items():
        goal = tree / path
        if goal.exists() or goal.is_symlink() or not Path(origin).is_file():
            continue
        if not goal.parent.resolve().is_relative_to(tree.resolve()):
            continue
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, goal)
        done.append(path)
    return tuple(done)


def _named(bench: Bench, commit: str, python: Path, deadline: float) -> TargetEnvironment:
    files = listing(bench, commit)
    folder = layout.project_folder(files)
    tree = bench.tree("environment", commit)
    made = found.use(
        python, tree.path, layout.from_tree(files, folder),
        "The settings name this environment.", max(5.0, deadline - time.monotonic()),
    )  # fmt: skip
    if made is None:
        raise ImproveError(
            f"The environment of {python} cannot run the target's tests: it has no pytest, or it "
            "imports the target's packages from another copy whatever PYTHONPATH says.",
            "Install pytest there, or leave `python` out so that an environment is built.",
        )
    return made


def _target(
    bench: Bench,
    commit: str,
    source: Path,
    setup: Sequence[str],
    logged: LoggedEnvironment,
    python: str | None,
) -> Target:
    files = listing(bench, commit)
    folder = layout.project_folder(files, (logged.rootdir or "").rstrip("/"))
    texts = contents(bench, declaring(files, folder))
    prefix = f"{folder}/" if folder else ""
    project = read_project({p.removeprefix(prefix): text for p, text in texts.items()})
    interpreter, notes = choose(python, logged.python, project.requires_python)
    made = plan(project, interpreter.minor)
    order = _order(project, folder, made, logged)
    key = store.content_key(
        {
            "interpreter": f"{interpreter.path} {interpreter.version}",
            "folder": folder,
            "texts": texts,
            "built from": built_from(files),
            "setup": list(setup),
            "constraints": list(order.constraints),
            "plugins": list(order.plugins),
        }
    )
    return Target(
        bench, commit, source, files, folder, project, interpreter, made, order, notes, key
    )


def _order(project: Project, folder: str, made: Plan, logged: LoggedEnvironment) -> Order:
    versions = dict(from_locks(project.texts)[1]) if made.locked else {}
    versions.update(logged.packages)
    if logged.pytest:
        versions["pytest"] = logged.pytest
    pins = constraints(versions, project.name)
    return Order(
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


def _build(
    target: Target, setup: Sequence[str], place: Path, deadline: float, progress: Progress
) -> tuple[TargetEnvironment, bool]:
    """The environment, and whether it may be kept (one that was found may not)."""
    began = time.monotonic()
    remove(place)
    place.mkdir(parents=True)
    checkout = place / "checkout"
    git_folder = discover(target.source)
    progress(f"making an environment with Python {target.interpreter.version}")
    tags = git_folder[1] if git_folder else target.bench.git.folder
    make_checkout(target.bench, target.commit, tags, checkout)
    with_pip = bool(setup) or not supports(target.interpreter.version)
    venv = make_venv(target.interpreter.path, place / "venv", checkout, deadline, with_pip=with_pip)
    if setup:
        run_setup(venv, setup, progress)
        installed = _with_pytest(venv)
    else:
        installed = install(venv, target.order, progress)
    if installed.order is None:
        return _instead(target, installed, deadline), False
    notes = [*target.notes, *installed.notes]
    if not setup:
        notes += _fill_gaps(target, venv, installed.order, progress)
    inside = look_inside(venv.python)
    shape = _shape(target, inside, checkout, editable=bool(setup))
    made = TargetEnvironment(
        python=str(venv.python),
        python_version=inside.version,
        key=target.key,
        source=_in_words(target, setup, installed),
        install_seconds=round(time.monotonic() - began, 2),
        packages=inside.packages(),
        import_roots=shape.roots,
        top_level=shape.top_level,
        generated=dict(shape.generated),
    )
    notes += _checked(target, made, deadline)
    if not setup:
        remove(checkout)
    return made.model_copy(update={"notes": tuple(notes)}), True


def _with_pytest(venv: Venv) -> Installed:
    if not try_imports(venv.python, ["pytest"], (), 60)["pytest"][1]:
        return Installed(Order(None, (), (), (), (), ()), ())
    done = venv.pip(["pytest"])
    note = ("`setup` does not install pytest; it was added.",)
    return Installed(Order(None, (), (), (), (), ()) if done.ok else None, note, done.tail(3000))


def _instead(target: Target, failed: Installed, deadline: float) -> TargetEnvironment:
    """An environment that the user has already, when none could be built."""
    tree = target.bench.tree("environment", target.commit)
    usable = found.first_usable(
        found.candidates(target.source), tree.path, layout.from_tree(target.files, target.folder),
        "An environment could not be built" + (" without a network." if failed.offline else "."),
        max(10.0, deadline - time.monotonic()),
    )  # fmt: skip
    if usable is None:
        raise no_environment((*target.notes, *failed.notes), failed.said)
    return usable.model_copy(update={"notes": (*usable.notes, *failed.notes)})


def _fill_gaps(target: Target, venv: Venv, order: Order, progress: Progress) -> list[str]:
    """Install what test files import and nothing provided, as far as the project declares it."""
    tests = [p for p in sorted(target.files) if missing.is_test_file(p)][:_TEST_FILES]
    texts = contents(target.bench, {p: target.files[p] for p in tests})
    names = {n for text in texts.values() for n in missing.imported(text)}
    inside = look_inside(venv.python)
    absent = missing.unprovided(names, inside.modules(), target.files)
    project = target.project
    declared = [
        line for group in (*project.extras.values(), *project.groups.values()) for line in group
    ]
    declared += [r for path in project.files for r in read_file(project.texts, path).requirements]
    remedy = missing.remedies(absent, declared)
    wanted = sorted(
        {n for t in texts.values() for n in plugins.used_in(t)} - set(inside.packages())
    )
    extra = list(dict.fromkeys([*remedy.values(), *wanted]))
    notes = [
        f"The tests import {n}, which nothing declared brings." for n in absent if n not in remedy
    ]
    if not extra:
        return notes
    progress(f"installing {len(extra)} more that the tests import")
    for chosen in [extra, *([[one] for one in extra] if len(extra) > 1 else [])]:
        if venv.pip(chosen).ok:
            notes.append(f"Added, as the tests use them: {', '.join(chosen)}.")
            if chosen is extra:
                break
    return notes


def _shape(target: Target, inside: Inside, checkout: Path, *, editable: bool) -> layout.Layout:
    if target.plan.project:
        own = inside.of_project(checkout, target.project.name)
        shape = layout.from_installed(target.files, dict(files_of(own))) if own else layout.Layout()
        if shape.top_level:
            return shape
        named = (own.read_text("top_level.txt") or "").split() if own else []
        shape = layout.from_tree(target.files, target.folder, named)
        shape = shape if shape.top_level else layout.from_tree(target.files, target.folder)
        return _untracked(target, shape, checkout) if editable else shape
    return layout.from_tree(target.files, target.folder)


def _untracked(target: Target, shape: layout.Layout, checkout: Path) -> layout.Layout:
    """What an editable install made inside of the checkout, beside the target's own modules."""
    git = target.bench.git.at(checkout)
    git = type(git)(checkout / ".git", checkout)
    made = {}
    for path in paths(git.must("ls-files", "--others", "-z")):
        for root in shape.roots:
            inner = path if root == "." else path.removeprefix(root + "/")
            own = inner.split("/")[0].split(".")[0] in shape.top_level
            if own and "__pycache__" not in path and ".egg-info" not in path:
                made[path] = str(checkout / path)
    return layout.Layout(shape.roots, shape.top_level, made)


def _checked(target: Target, made: TargetEnvironment, deadline: float) -> list[str]:
    """Notes on what does not import. At a failing commit that may be the failure itself."""
    tree = target.bench.tree("environment", target.commit)
    overlay(tree.path, made)
    roots = [tree.path / root for root in made.import_roots]
    seconds = max(10.0, min(120.0, deadline - time.monotonic()))
    answers = try_imports(Path(made.python), ["pytest", *made.top_level], roots, seconds)
    if answers["pytest"][1]:
        raise no_environment(made.notes, f"import pytest: {answers['pytest'][1]}")
    return [f"`import {n}` fails: {e[:300]}" for n, (_, e) in answers.items() if e] + [
        f"`import {n}` finds {f}, not the tree under test."
        for n, (f, _) in answers.items()
        if f and n != "pytest" and not Path(f).resolve().is_relative_to(tree.path.resolve())
    ]


def _in_words(target: Target, setup: Sequence[str], installed: Installed) -> str:
    if setup:
        return "built by the request's `setup`"
    order = installed.order
    if order is not None and not order.requirements and not order.extras and target.plan.needs:
        return (
            "built from "
            + ("the project" if order.project else "its dependencies")
            + " and pytest alone"
        )
    return "built from " + (", ".join(target.plan.sources) or "pytest alone")
