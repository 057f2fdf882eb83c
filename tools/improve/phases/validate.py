"""Read the request, find everything out about its target, and open the run folder.

Nothing is written before the request is known to be right; ``check`` stops there.
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from improve import journal, rundir
from improve.contract import load_request
from improve.errors import ImproveError, RequestError
from improve.records import Request, ValidatedRequest
from improve.workbench import git as gits
from improve.workbench.example import materialise
from improve.workbench.git import Git
from improve.workbench.logfile import looks_like_path, open_log
from improve.workbench.users_repository import clone_at, common_folder

WORDS_IN_NAME = 6


@dataclass(frozen=True)
class Target:
    """The repository a request is about."""

    top: Path
    git_folder: Path


def check(
    request_path: Path, toolkit: Path, outputs: Path, repo: str | None
) -> tuple[Request, Target | None]:
    """The request and its repository; writes nothing. First the text of the request is told with
    every mistake in it, then what it names: the log and the target, both.

    A bundled example has no repository until a run begins: its target is None here.

    Raises: RequestError (exit 2); ImproveError when a needed tool is missing.
    """
    request = load_request(request_path)
    gits.require(("git",))
    found: list[RequestError] = []
    target = None
    try:
        if request.raw_logs is not None and looks_like_path(request.raw_logs):
            open_log(request.raw_logs, (request_path.resolve().parent, toolkit)).close()
    except RequestError as error:
        found.append(error)
    try:
        place = _repository_path(request, request_path, repo)
        if not _example_of(place, toolkit):
            target = _target(place, outputs)
            _branches_free(target, request.name or slug_of(request.prompt))
    except RequestError as error:
        found.append(error)
    if found:
        *others, last = found
        before = "".join(f"{one.what} {one.cure}\n" for one in others)
        raise RequestError(f"{before}{last.what}", last.cure)
    return request, target


def run(
    request_path: Path,
    toolkit: Path,
    outputs: Path,
    repo: str | None,
    ladder: tuple[str, ...],
    cache: Path,
) -> tuple[ValidatedRequest, Path]:
    """Validate and open a run folder: ``(artifact, run folder)``.

    Raises: RequestError; ImproveError when the run folder cannot be written.
    """
    request, target = check(request_path, toolkit, outputs, repo)
    demo: dict[str, str] = {}
    if target is None:
        example = _repository_path(request, request_path, repo)
        target = _target(materialise(example, outputs / "examples" / example.parent.name), outputs)
        demo = {"demo": example.parent.name, "stands_in": _stands_in(example.parent)}
    name = request.name or slug_of(request.prompt)
    artifact = _describe(request, request_path, target, name, toolkit, ladder).model_copy(
        update=demo
    )
    lock = _lock(cache, target, name)
    folder = _open_folder(outputs, artifact.slug)
    (folder / "lock").symlink_to(lock)
    journal.append(folder, "opened", request=str(request_path), repository=str(target.top))
    rundir.save(folder, artifact)
    # Last: a folder with request.json is a run that can be resumed, whenever we are killed.
    rundir.write_whole(folder / "request.json", request_path.read_bytes(), rundir.SECRET_MODE)
    return artifact, folder


def slug_of(text: str) -> str:
    """A short name for folders and branches, made of the first words of ``text``."""
    words = re.findall(r"[a-z0-9]+", text.lower())[:WORDS_IN_NAME]
    return "-".join(words)[:48].strip("-") or "failure"


def _repository_path(request: Request, request_path: Path, repo: str | None) -> Path:
    named = repo or request.repository
    here = request_path.resolve().parent
    if named is None:
        return here
    place = "--repo" if repo else "repository"
    try:
        path = Path(named).expanduser()
        found = path if path.is_absolute() else (Path.cwd() / path if repo else here / path)
        if found.is_dir():
            return found.resolve()
    except (OSError, RuntimeError) as error:  # a name that is too long, a user that is not there
        raise RequestError(
            f"{place}: {named[:100]!r} cannot be looked at: {error}.", "Give the path of a clone."
        ) from error
    if re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", named):
        raise RequestError(
            f"{place}: {named!r} is not a folder here.",
            f"Clone it first (git clone https://github.com/{named}) and give the clone's path.",
        )
    raise RequestError(
        f"{place}: there is no folder {str(found)!r}.", "Give the path of a git repository."
    )


def _example_of(place: Path, toolkit: Path) -> bool:
    # Only the shipped layout examples/<name>/project, and only as long as it is a plain folder.
    examples = (toolkit / "examples").resolve()
    return place.parent.parent == examples and not (place / ".git").exists()


def _stands_in(example: Path) -> str:
    told = example / "stand-in.txt"
    return " ".join(told.read_text("utf-8").split()) if told.is_file() else ""


def _target(place: Path, outputs: Path) -> Target:
    cure = 'Name the target with "repository" in info.json or with --repo PATH.'
    top, folder = clone_at(place, "repository", cure)
    if not Git(folder).commit_of("HEAD"):
        raise RequestError(f"repository: {top} has no commit yet.", "Commit something first.")
    if outputs.resolve() == top:
        raise RequestError(f"{outputs} is the target itself.", "Choose another --outputs folder.")
    return Target(top, folder)


def _branches_free(target: Target, name: str) -> None:
    # git keeps branches as paths: beside a branch `fix` there can be no `fix/...`, and the end of
    # a long run would be a bad moment to learn that.
    git = Git(target.git_folder)
    for kind in ("repro", "fix"):
        ours = f"refs/heads/{kind}/{name}"
        below = git.line(
            "for-each-ref", "--count=1", "--format=%(refname)", f"{ours}/", may_be_nothing=True
        )
        taken = f"refs/heads/{kind}" if git.commit_of(f"refs/heads/{kind}") else below
        if taken:
            branch = taken.removeprefix("refs/heads/")
            raise RequestError(
                f"repository: {target.top} has a branch {branch!r}, so git cannot make {kind}/{name}.",
                f"Rename it: git branch -m {branch} {branch.replace('/', '-')}-old",
            )


def _describe(
    request: Request,
    request_path: Path,
    target: Target,
    name: str,
    toolkit: Path,
    ladder: tuple[str, ...],
) -> ValidatedRequest:
    git = Git(target.git_folder, target.top)
    branch = git.line("symbolic-ref", "--quiet", "--short", "HEAD")
    dirty = gits.paths(git.must("status", "--porcelain", "-z", "--untracked-files=normal"))
    prefix = _toolkit_prefix(toolkit, target.top)
    ours = (
        f"{prefix}outputs/",
        f"{prefix}reproduce-deterministic-failures/",
        f"{prefix}reproduce-ND-failures/",
    )
    foreign = [entry for entry in dirty if not entry[3:].startswith(ours)]
    notes = []
    if foreign:
        notes.append(
            f"{len(foreign)} uncommitted paths in {target.top.name} are not part of this run; they stay as they are."
        )
    return ValidatedRequest(
        request=request,
        request_path=request_path.resolve(),
        name=name,
        slug=name[:48],
        repository=target.top,
        toolkit_prefix=prefix,
        head=git.commit_of("HEAD"),
        branch=branch or None,
        agents=request.agents or ladder,
        uncommitted=len(foreign),
        notes=tuple(notes),
    )


def _toolkit_prefix(toolkit: Path, top: Path) -> str:
    try:
        inside = toolkit.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return ""
    return "" if inside == "." else f"{inside}/"


def _open_folder(outputs: Path, slug: str) -> Path:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        for _ in range(100):
            stamp = datetime.now().astimezone().strftime("%Y-%m-%d_%H-%M-%S")
            folder = outputs / f"{stamp}_{slug}"
            try:
                folder.mkdir()
            except FileExistsError:  # another run began in this very second
                time.sleep(0.25)
                continue
            return folder
    except OSError as error:
        raise ImproveError(
            f"{outputs} cannot be written: {error.strerror or error}.",
            "Make room, correct its permissions, or choose another folder with --outputs.",
        ) from error
    raise ImproveError(f"No free run folder in {outputs}.", "Try again in a second.")


def _lock(cache: Path, target: Target, name: str) -> Path:
    # The lock is the repository's and the failure's, not the run's: two toolkits or two outputs
    # folders that work on the same failure have to meet in it.
    locks = cache / "locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproveError(
            f"{locks} cannot be written: {error.strerror or error}.",
            "Correct its permissions, or set cache-dir in improve.yaml.",
        ) from error
    inode = common_folder(target.git_folder).stat()  # work trees share their branches
    return locks / f"{inode.st_dev:x}-{inode.st_ino:x}-{name}.lock"


def discard(folder: Path) -> None:
    """Remove a run folder that never came to run."""
    shutil.rmtree(folder, ignore_errors=True)
