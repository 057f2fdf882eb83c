"""Whose code takes part in the making of an environment: the target's, or only an index's. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from improve.workbench.declared import Plan, Project
from improve.workbench.declared.requirements import read_file
from improve.workbench.installer import Order

ADDRESSES = ("https://", "git+https://")
ARCHIVES = (".whl", ".zip", ".gz", ".tgz", ".tar", ".bz2", ".tbz", ".xz", ".txz", ".lz", ".tlz", ".lzma")  # fmt: skip


def has_a_hand(order: Order, plan: Plan, project: Project) -> bool:
    """Whether anything that may be installed is, or is built by, code of the target's.

    That could leave anything under any name. Not only what is ordered counts: what fills gaps is
    taken later from all that the project declares.
    """
    return not all(map(of_an_index, _declared(order, plan, project)))


def of_an_index(line: str) -> bool:
    """Whether a requirement means the same to everybody who asks: a name, or an address."""
    try:
        asked = Requirement(line)
    except InvalidRequirement:  # a path, an option
        return False
    remote = asked.url is None or asked.url.startswith(ADDRESSES)
    return remote and not asked.name.lower().endswith(ARCHIVES)  # pip would open the file


def _declared(order: Order, plan: Plan, project: Project) -> Iterable[str]:
    yield from (*order.arguments(), *order.constraints, *plan.needs.aside)
    for lines in (*project.extras.values(), *project.groups.values()):
        yield from lines
    for path in project.files:
        needs = read_file(project.texts, path)
        yield from (*needs.requirements, *needs.constraints)
