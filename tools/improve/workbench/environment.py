"""The target's environment: what its tests need, built from what it declares, kept by content.

The order of trust: ``setup`` of the request; what the project's own CI installs; what the project
declares for tests. When the whole does not install, less is tried, and every step down is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from improve.errors import ImproveError
from improve.records import LoggedEnvironment, TargetEnvironment
from improve.workbench import claims, found, layout, store
from improve.workbench.bench import Bench
from improve.workbench.building import build, overlay
from improve.workbench.checkout import listing
from improve.workbench.folders import remove
from improve.workbench.pruning import prune
from improve.workbench.target import read_target

__all__ = ["overlay", "prepare"]


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
    progress: Callable[[str], None],
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
    target = read_target(bench, commit, source, setup, logged, python)
    place = cache / "environments" / target.key
    with store.turn(place, max(1.0, deadline - time.monotonic()), progress) as ready:
        if ready:
            return ready
        with claims.together(store.downloads_lock(cache)):
            downloads = store.downloads(cache, target.whose or target.key)
            made, whole = build(target, setup, place, downloads, deadline, progress)
        if whole:
            store.save(place, made)
        else:
            remove(place)
    prune(place.parent, place)
    return made


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
