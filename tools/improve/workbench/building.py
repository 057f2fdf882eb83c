"""Building an environment: clone, install, fill gaps, see where the target's packages lie."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from improve.records import TargetEnvironment
from improve.workbench import beneath, found, layout, missing
from improve.workbench.checkout import make_checkout
from improve.workbench.declared.requirements import read_file
from improve.workbench.folders import remove
from improve.workbench.git import paths
from improve.workbench.inspection import Inside, files_of, look_inside, try_imports
from improve.workbench.installer import Installed, Order, install, no_environment
from improve.workbench.sandbox import environments
from improve.workbench.target import Target
from improve.workbench.users_repository import discover
from improve.workbench.venv import Venv, make_venv, run_setup, supports

Progress = Callable[[str], None]


def overlay(tree: Path, environment: TargetEnvironment) -> tuple[str, ...]:
    """Copy the files that only a build makes into ``tree``; the relative paths of those copied.

    What the tree has itself is left alone. So is what does not lie in the environment's own folder:
    a build may leave a link to any file of the user's, and the copy would be the target's to read.
    """
    place = environments.built_at(Path(environment.python))
    if place is None:  # the user's own environment: nothing was built
        return ()
    done: list[str] = []
    for path, origin in environment.generated.items():
        goal = tree / path
        if goal.exists() or goal.is_symlink():
            continue
        if not goal.parent.resolve().is_relative_to(tree.resolve()):
            continue
        if source := beneath.regular(place, Path(origin)):
            goal.parent.mkdir(parents=True, exist_ok=True)
            with source, goal.open("xb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            done.append(path)
    return tuple(done)


def build(
    target: Target,
    setup: Sequence[str],
    place: Path,
    downloads: Path,
    deadline: float,
    progress: Progress,
) -> tuple[TargetEnvironment, bool]:
    """The environment, and whether it may be kept (one that was found may not).

    ``downloads`` is where its installers keep what they fetch.
    """
    began = time.monotonic()
    progress(f"making an environment with Python {target.interpreter.version}")
    venv = _empty(target, place, downloads, deadline, with_pip=bool(setup))
    checkout = venv.checkout
    if setup:
        run_setup(venv, setup, progress)
        installed = _with_pytest(venv)
    else:
        installed = install(venv, target.order, progress)
    if installed.order is None:
        return _instead(target, installed, deadline), False
    notes = [*target.notes, *installed.notes]
    if not setup:
        notes += _fill_gaps(target, venv, progress)
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


def _empty(
    target: Target, place: Path, downloads: Path, deadline: float, *, with_pip: bool
) -> Venv:
    """A virtual environment with nothing in it, beside a clone of the commit."""
    remove(place)
    place.mkdir(parents=True)
    git_folder = discover(target.source)
    tags = git_folder[1] if git_folder else target.bench.git.folder
    make_checkout(target.bench, target.commit, tags, place / "checkout")
    python = target.interpreter
    with_pip = with_pip or not supports(python.version)
    made = make_venv(
        python.path, place / "venv", place / "checkout", downloads, deadline, with_pip=with_pip
    )
    return made if target.whose else replace(made, stands=Path("/"))


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


def _fill_gaps(target: Target, venv: Venv, progress: Progress) -> list[str]:
    """Install what the target imports and nothing provided, as far as the project declares it.

    When that is not enough, the linters and the like that were left out are installed after all:
    some projects import what only those bring.
    """
    absent, wanted = _absent(target, venv)
    project = target.project
    groups = (*project.extras.values(), *project.groups.values())
    declared = [line for group in groups for line in group]
    declared += [r for path in project.files for r in read_file(project.texts, path).requirements]
    remedy = missing.remedies(absent, declared)
    notes = _add(venv, list(dict.fromkeys([*remedy.values(), *wanted])), progress)
    aside = target.plan.needs.aside
    if aside and set(absent) - set(remedy):
        notes += _add(venv, list(aside), progress)
        absent = _absent(target, venv)[0]
    lost = [name for name in absent if name not in remedy]
    return [*notes, *(f"`{n}` is imported, and nothing declared brings it." for n in lost[:10])]


def _absent(target: Target, venv: Venv) -> tuple[list[str], list[str]]:
    """Imported names that nothing provides; plugins that the tests use and that are not there."""
    inside = look_inside(venv.python)
    return (
        missing.unprovided(target.imports, inside.modules(), target.files),
        sorted(set(target.uses) - set(inside.packages())),
    )


def _add(venv: Venv, lines: list[str], progress: Progress) -> list[str]:
    """Install these lines together or, when that fails, those that can be; told in notes."""
    if not lines:
        return []
    progress(f"installing {len(lines)} more that the target imports")
    if venv.pip(lines).ok:
        return [f"Added, as the target imports them: {', '.join(lines)}."]
    added = [line for line in lines if len(lines) > 1 and venv.pip([line]).ok]
    return [f"Added, as the target imports them: {', '.join(added)}."] if added else []


def _shape(target: Target, inside: Inside, checkout: Path, *, editable: bool) -> layout.Layout:
    if target.plan.project or inside.of_checkout(checkout, ""):
        own = inside.of_checkout(checkout, target.project.name)
        copied = {path: file for one in own for path, file in files_of(one)}
        shape = layout.from_installed(target.files, copied)
        if shape.top_level:
            return shape
        named = [n for one in own for n in (one.read_text("top_level.txt") or "").split()]
        shape = layout.from_tree(target.files, target.folder, named)
        shape = shape if shape.top_level else layout.from_tree(target.files, target.folder)
        return _untracked(target, shape, checkout) if editable else shape
    return layout.from_tree(target.files, target.folder)


def _untracked(target: Target, shape: layout.Layout, checkout: Path) -> layout.Layout:
    """What an editable install made inside of the checkout, beside the target's own modules."""
    # The clone's own .git was the build's to write: its configuration may name programs, its
    # index objects that git would fetch. So the files are listed by ours.
    made = {}
    with tempfile.TemporaryDirectory(prefix="improve-index-") as folder:
        git = target.bench.git.at(checkout, Path(folder) / "index")
        git.must("read-tree", target.commit)
        listed = paths(git.must("ls-files", "--others", "-z"))
    for path in listed:
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
    answers = try_imports(Path(made.python), ["pytest", *made.top_level], roots, seconds, tree.path)
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
