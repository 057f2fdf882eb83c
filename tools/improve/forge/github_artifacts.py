"""The artifacts of a run that may hold test results: which ones, and the JUnit files in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from improve.contract import RunUrl
from improve.evidence.parse_junit import Told
from improve.forge.gh import Gh, get
from improve.forge.gh_answer import readable
from improve.forge.github_answers import ArtifactAnswer, ArtifactsAnswer, understood
from improve.forge.junit_zip import Allowance, JunitMember, Read, read_zip
from improve.records import CiRun, JunitFile

PAGE = 100
PAGES = 20
LARGEST = 64 << 20  # bytes of one archive, as it comes
MOST = 20
FEW, SMALL = 5, 5 << 20  # so many others, if so small, are looked into whatever they are called
FILES = 500
NAME = 120
HEAD = 1 << 16  # the answer's own headers lie before the archive
_TELLING = re.compile(r"junit|xunit|test|report|result|surefire", re.IGNORECASE)

ToldFile = tuple[JunitFile, tuple[Told, ...]]


def read_artifacts(
    gh: Gh, place: RunUrl, run: CiRun, folder: Path, notes: list[str]
) -> Iterator[ToldFile]:
    """The JUnit files among the artifacts of this attempt; what was not read goes to ``notes``.

    Each archive lies in ``folder`` while it is read. Raises what ``get`` raises.
    """
    allowance = Allowance(gh.budget)
    files = 0
    for artifact in choose(listed(gh, place, run, notes), run, notes):
        name = readable(artifact.name, NAME)
        gh.tell(f"looking for test results in artifact {name}")
        members, told = members_of(gh, place, artifact, folder, allowance)
        notes += [f"Artifact {name}: {note}." for note in told]
        for member in members:
            files += 1
            if files > FILES:
                notes.append(f"Only the first {FILES} files of test results were used.")
                return
            yield _told(name, member)


def members_of(
    gh: Gh,
    place: RunUrl,
    artifact: ArtifactAnswer,
    folder: Path,
    allowance: Allowance,
    read: Read | None = None,
) -> tuple[list[JunitMember], list[str]]:
    """The JUnit files in an artifact, and notes. ``read``: see ``junit_zip.read_zip``."""
    file = folder / f"{artifact.id}.zip"
    path = f"repos/{place.owner}/{place.repo}/actions/artifacts/{artifact.id}/zip"
    try:
        answer = get(gh, path, file, most=LARGEST + HEAD)
        if answer.status != 200:
            said = f": {answer.said}" if answer.said else ""
            return [], [f"it could not be had (HTTP {answer.status}{said})"]
        return read_zip(file, allowance, read) if read else read_zip(file, allowance)
    finally:
        file.unlink(missing_ok=True)


def _told(artifact: str, member: JunitMember) -> ToldFile:
    results = member.results
    record = JunitFile(
        artifact=artifact, file=member.name, tests=results.tests, failures=member.failures,
        order=results.order,
    )  # fmt: skip
    return record, results.told


def choose(
    artifacts: Sequence[ArtifactAnswer], run: CiRun, notes: list[str]
) -> list[ArtifactAnswer]:
    """The artifacts to look into, most telling first. Pure, but for ``notes``."""
    mine = [one for one in artifacts if _of_this_attempt(one, run)]
    # One name may stand for several (cli/cli#12437); the newest is what the jobs left.
    newest = {one.name: one for one in sorted(mine, key=lambda one: (one.created_at or "", one.id))}
    telling = [one for one in newest.values() if _TELLING.search(one.name)]
    others = [one for one in newest.values() if one not in telling and not one.expired]
    gone = [readable(one.name, NAME) for one in telling if one.expired]
    large = [readable(one.name, NAME) for one in telling if one.size_in_bytes > LARGEST]
    if gone:
        notes.append(f"Expired and deleted: {_names(gone)}.")
    if large:
        notes.append(f"Not read, for it is larger than {LARGEST >> 20} MB: {_names(large)}.")
    there = [one for one in telling if not one.expired and one.size_in_bytes <= LARGEST]
    there.sort(key=lambda one: one.size_in_bytes)
    if len(there) > MOST:
        notes.append(f"The smallest {MOST} of {len(there)} artifacts with test results were read.")
    small = len(others) <= FEW and all(one.size_in_bytes <= SMALL for one in others)
    return (there + (others if small else []))[:MOST]


def _of_this_attempt(artifact: ArtifactAnswer, run: CiRun) -> bool:
    """An artifact names its run but not its attempt, so its time has to tell that."""
    if artifact.workflow_run is not None and artifact.workflow_run.id not in (None, run.id):
        return False
    made = artifact.created_at or ""
    begun = min((job.started for job in run.jobs if job.started), default="")
    # ISO 8601 in UTC: the order of the texts is that of the moments.
    return not made or (begun <= made and (not run.ended or made <= run.ended))


def listed(gh: Gh, place: RunUrl, run: CiRun, notes: list[str]) -> list[ArtifactAnswer]:
    """All artifacts of the run, of whichever attempt."""
    what = f"the artifacts of run {run.id}"
    found: dict[int, ArtifactAnswer] = {}
    for page in range(1, PAGES + 1):
        path = f"actions/runs/{run.id}/artifacts?per_page={PAGE}&page={page}"
        answer = get(gh, f"repos/{place.owner}/{place.repo}/{path}")
        if answer.status != 200:
            notes.append(f"GitHub shows no artifacts of the run (HTTP {answer.status}).")
            break
        told = understood(ArtifactsAnswer, answer.body, what)
        found |= {one.id: one for one in told.artifacts}
        if len(found) >= told.total_count or not told.artifacts:
            break
    return list(found.values())


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
