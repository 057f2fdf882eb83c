"""Write the workflow ``auto-fix.yml`` into a target repository, pinned to this toolkit's commit."""

from __future__ import annotations

import re
from pathlib import Path

from improve import rundir
from improve.errors import ImproveError, RequestError
from improve.workbench.git import Git, discover

PLACE = Path(".github") / "workflows" / "auto-fix.yml"
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
It needs these permissions, each in one job alone:
  contents: read         job fix: clone the repository
  actions: read          job fix: read the logs of the failed run
  contents: write        job publish: push the branch fix/<name>
  pull-requests: write   job publish: open the draft pull request
The job that runs your code and the agents can write nothing. The job that can write runs none of
your code. For the pull request, a person with admin rights has to allow it once: Settings > Actions
> General > "Allow GitHub Actions to create and approve pull requests".
Commit the file to the default branch, then start it: Actions > auto-fix > Run workflow."""


def run(toolkit: Path, into: Path, pin: str | None, force: bool) -> tuple[Path, str]:
    """Write the workflow: ``(its path, 'created' | 'updated' | 'unchanged')``.

    ``pin`` is 'owner/name@<40 hex digits>' of the toolkit; default: its origin and commit.
    Raises: RequestError when the pin or the target is not usable; ImproveError when a different
    file is there and ``force`` is off.
    """
    found = discover(into)
    if found is None:
        raise RequestError(
            f"--into: {into} is not inside a git repository with a work tree.",
            "Give the path of a clone of the target.",
        )
    repository, commit = _pinned(toolkit, pin)
    text = (toolkit / PLACE).read_text()
    text = text.replace(REPOSITORY, f"repository: {repository}").replace(REF, f"ref: {commit}")
    place = found[0] / PLACE
    there = place.read_bytes() if place.is_file() else None
    if there == text.encode():
        return place, "unchanged"
    if there is not None and not force:
        raise ImproveError(
            f"{place} is there already and differs.",
            "Compare the two, then write over it with --force.",
        )
    if any(part.is_symlink() for part in (place, *place.parents) if found[0] in part.parents):
        raise ImproveError(f"{place} is reached through a link.", "Make it a plain folder first.")
    rundir.write_whole(place, text.encode())
    return place, "created" if there is None else "updated"


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
