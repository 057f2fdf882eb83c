"""Write ``auto-fix.yml`` or ``stress.yml`` into a target repository, pinned to this toolkit's commit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError, RequestError
from improve.reproduction.base import default_branch
from improve.triggers.workflow_text import (
    BY_HAND,
    COMMENTS,
    FAILED_RUNS,
    TRIGGERS,
    fitted,
    testing_workflows,
)
from improve.workbench.git import Git
from improve.workbench.users_repository import clone_at, discover

PLACE = Path(".github") / "workflows" / "auto-fix.yml"
STRESS = PLACE.with_name("stress.yml")
# The shipped workflow is the template. These two values say which toolkit it takes: there the
# repository itself at the commit that runs, in a target the pinned one.
REPOSITORY = "repository: ${{ github.repository }}"
REF = "ref: ${{ github.sha }}"
_OWNER_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/[A-Za-z0-9._-]{1,100}"
_PIN = re.compile(rf"({_OWNER_NAME})@([0-9a-f]{{40}})")
_ORIGIN = re.compile(
    rf"(?:https://(?:[^@/\s]{{1,500}}@)?|ssh://git@|git@)github\.com[/:]({_OWNER_NAME}?)(?:\.git)?/?"
)
PERMISSIONS = """\
It needs these permissions, each given to the jobs that use it:
  contents: read         decide, fix, answer: clone the repository and the toolkit
  actions: read          decide, fix: which runs failed, and their logs
  checks: read           fix: what the failed jobs wrote beside the code
  pull-requests: read    decide, fix: the pull request of a comment, and fixes that are open
  contents: write        publish: push the branches fix/<name> and repro/<name>
  pull-requests: write   publish: open the draft pull request; answer: comment on a pull request
  issues: write          answer: comment on an issue
The job that runs your code and the agents (fix) can write nothing. The jobs that can write run none
of your code. For the pull request, a person with admin rights has to allow it once: Settings >
Actions > General > "Allow GitHub Actions to create and approve pull requests".
Without a key the embedded agent works alone. Keys of models are secrets of the environment
auto-fix-agents (Settings > Environments): ANTHROPIC_API_KEY, OPENAI_API_KEY. Only the two steps that
ask models get them; the sandbox, in which your code and the agents' commands run, does not."""
STRESS_PERMISSIONS = """\
It needs one permission, of both jobs: contents: read (clone the repository and the toolkit). It
publishes nothing, asks no model and starts by hand alone: Actions > stress > Run workflow"""
STARTS = {
    BY_HAND: "by hand: Actions > auto-fix > Run workflow",
    FAILED_RUNS: "when it fails for the second time in a row: {workflows} on {branches}",
    COMMENTS: "by a comment that begins with /auto-fix, of somebody who may write to the repository",
}


@dataclass(frozen=True)
class Wanted:
    """What starts the workflow: without triggers all do, without names the target's own count."""

    triggers: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


def run(
    toolkit: Path, into: Path, pin: str | None, force: bool, wanted: Wanted | None = None
) -> tuple[Path, str, str]:
    """Write the workflow: ``(its path, 'created' | 'updated' | 'unchanged', what starts it)``.

    ``pin`` is 'owner/name@<40 hex digits>' of the toolkit; default: its origin and commit.
    Raises: RequestError when the pin or the target is not usable; ImproveError when a different
    file is there and ``force`` is off.
    """
    top, git_folder = _target(into)
    repository, commit = _pinned(toolkit, pin)
    wanted = wanted or Wanted()
    wanted = replace(wanted, triggers=wanted.triggers or TRIGGERS)
    wanted = _found(top, Git(git_folder), wanted)
    text = (toolkit / PLACE).read_text()
    text = fitted(text, wanted.triggers, wanted.workflows, wanted.branches)
    place, outcome = _written(top, PLACE, _for_target(text, repository, commit), force)
    return place, outcome, _starts(wanted)


def run_stress(toolkit: Path, into: Path, pin: str | None, force: bool) -> tuple[Path, str]:
    """The same for ``stress.yml``, which only a person starts: its path, and what became of it."""
    top, _ = _target(into)
    text = _for_target((toolkit / STRESS).read_text(), *_pinned(toolkit, pin))
    return _written(top, STRESS, text, force)


def _target(into: Path) -> tuple[Path, Path]:
    return clone_at(into, "--into", "Give the path of a clone of the target.")


def _for_target(text: str, repository: str, commit: str) -> str:
    return text.replace(REPOSITORY, f"repository: {repository}").replace(REF, f"ref: {commit}")


def _written(top: Path, where: Path, text: str, force: bool) -> tuple[Path, str]:
    place = top / where
    there = place.read_bytes() if place.is_file() else None
    if there == text.encode():
        return place, "unchanged"
    if there is not None and not force:
        raise ImproveError(
            f"{place} is there already and differs.",
            "Compare the two, then write over it with --force.",
        )
    if any(part.is_symlink() for part in (place, *place.parents) if top in part.parents):
        raise ImproveError(f"{place} is reached through a link.", "Make it a plain folder first.")
    rundir.write_whole(place, text.encode())
    return place, "created" if there is None else "updated"


def _found(top: Path, git: Git, wanted: Wanted) -> Wanted:
    """``wanted`` with the target's own workflows and default branch where it names none."""
    if FAILED_RUNS not in wanted.triggers:
        return wanted
    folder = top / PLACE.parent
    files = [path for path in folder.glob("*.y*ml") if path.is_file() and path.name != PLACE.name]
    texts = {str(path.relative_to(top)): path.read_text("utf-8", "replace") for path in files}
    workflows = wanted.workflows or tuple(testing_workflows(texts))
    branch = default_branch(git)
    branches = wanted.branches or ((branch.branch,) if branch else ())
    if workflows and branches:
        return replace(wanted, workflows=workflows, branches=branches)
    if wanted.workflows or wanted.branches:
        lacks = "--branch" if workflows else "--workflow"
        raise RequestError(f"{top} names none by itself.", f"Name it with {lacks}.")
    others = tuple(one for one in wanted.triggers if one != FAILED_RUNS)
    if not others:
        raise RequestError(
            f"{top} has no workflow that runs on pushes or pull requests.",
            "Name the one whose failures count: --workflow NAME --branch NAME",
        )
    return Wanted(others)


def _starts(wanted: Wanted) -> str:
    names = {"workflows": ", ".join(wanted.workflows), "branches": ", ".join(wanted.branches)}
    told = [STARTS[one].format(**names) for one in TRIGGERS if one in wanted.triggers]
    return "Commit it to the default branch. It then starts\n" + "\n".join(f"  {t}" for t in told)


def _pinned(toolkit: Path, pin: str | None) -> tuple[str, str]:
    if pin is not None:
        match = _PIN.fullmatch(pin)
        if match is None:
            raise RequestError(
                f"--toolkit: {pin[:200]!a} is no pin.",
                "Write owner/name@ and the whole commit id (40 digits): a tag can be moved.",
            )
        return match[1], match[2]
    found = discover(toolkit)
    git = Git(found[1]) if found and found[0] == toolkit.resolve() else None
    origin = _ORIGIN.fullmatch(git.line("config", "--get", "remote.origin.url")) if git else None
    commit = git.commit_of("HEAD") if git else ""
    if origin is None or not commit:
        raise RequestError(
            "This toolkit is no clone of a repository at github.com, so there is nothing to pin.",
            "Name where your runners find it: --toolkit owner/name@<commit>",
        )
    return origin[1], commit
