"""Read the request, find everything out about its target, and open the run folder.

Nothing is written before the request is known to be right; ``check`` stops there.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from improve import journal, rundir
from improve.contract import load_request
from improve.errors import ImproveError, RequestError
from improve.records import Request, ValidatedRequest
from improve.workbench import git as gits
from improve.workbench import lock_file
from improve.workbench.clone import Clone, folder_named, open_clone, require_branches
from improve.workbench.example import materialise
from improve.workbench.git import Git
from improve.workbench.logfile import looks_like_path, open_log

WORDS_IN_NAME = 6


def check(
    request_path: Path, toolkit: Path, outputs: Path, repo: str | None
) -> tuple[Request, Clone | None]:
    """The request and its repository; writes nothing. First the text of the request is told with
    every mistake in it, then what it names: the log and the target, both.

    A bundled example has no repository until a run begins: its target is None here.

    Raises: RequestError (exit 2); ImproveError when a needed tool is missing.
    """
    request = load_request(request_path)
    gits.require(("git",))
    found: list[RequestError] = []
    target = None
    with _noted(found):
        if request.raw_logs is not None and looks_like_path(request.raw_logs):
            open_log(request.raw_logs, (request_path.resolve().parent, toolkit)).close()
    with _noted(found):
        place = folder_named(request.repository, request_path.resolve().parent, repo)
        if not _example_of(place, toolkit):
            target = open_clone(place, outputs)
            require_branches(target, request.name or slug_of(request.prompt))
    if found:
        *others, last = found
        before = "".join(f"{one.what} {one.cure}\n" for one in others)
        raise RequestError(f"{before}{last.what}", last.cure)
    return request, target


@contextlib.contextmanager
def _noted(found: list[RequestError]) -> Iterator[None]:
    """What is wrong with the request in this block, kept to be told with the rest."""
    try:
        yield
    except RequestError as error:
        found.append(error)


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
        example = folder_named(request.repository, request_path.resolve().parent, repo)
        target = open_clone(
            materialise(example, outputs / "examples" / example.parent.name), outputs
        )
        demo = {"demo": example.parent.name, "stands_in": _stands_in(example.parent)}
    name = request.name or slug_of(request.prompt)
    artifact = _describe(request, request_path, target, name, toolkit, ladder).model_copy(
        update=demo
    )
    lock = lock_file.place(cache, target.git_folder, name)
    folder = _open_folder(outputs, artifact.slug)
    lock_file.link(folder, lock)
    journal.append(folder, "opened", request=str(request_path), repository=str(target.top))
    rundir.save(folder, artifact)
    # Last: a folder with request.json is a run that can be resumed, whenever we are killed.
    rundir.write_whole(folder / "request.json", request_path.read_bytes(), rundir.SECRET_MODE)
    return artifact, folder


def slug_of(text: str) -> str:
    """A short name for folders and branches, made of the first words of ``text``."""
    words = re.findall(r"[a-z0-9]+", text.lower())[:WORDS_IN_NAME]
    return "-".join(words)[:48].strip("-") or "failure"


def _example_of(place: Path, toolkit: Path) -> bool:
    # Only the shipped layout examples/<name>/project, and only as long as it is a plain folder.
    examples = (toolkit / "examples").resolve()
    return place.parent.parent == examples and not (place / ".git").exists()


def _stands_in(example: Path) -> str:
    told = example / "stand-in.txt"
    return " ".join(told.read_text("utf-8").split()) if told.is_file() else ""


def _describe(
    request: Request,
    request_path: Path,
    target: Clone,
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


def discard(folder: Path) -> None:
    """Remove a run folder that never came to run."""
    shutil.rmtree(folder, ignore_errors=True)
