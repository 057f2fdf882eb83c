"""The forge for repositories on this machine: a branch at ``origin`` and a pull-request file.

Publishing again does not publish twice: the same commit is ``unchanged``, another one moves the
branch (only where it is as we left it) and rewrites the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlparse

from improve import rundir
from improve.errors import ImproveError
from improve.workbench.git import Git
from improve.workbench.ours import require_ours

Change = Literal["created", "updated", "unchanged"]
PULL_REQUEST = "pull-request.md"


def origin_path(user: Git, top: Path) -> Path | None:
    """The folder that ``origin`` points at; None when there is none or it is not a folder here."""
    url = user.line("config", "--get", "remote.origin.pushurl") or user.line(
        "config", "--get", "remote.origin.url"
    )
    return folder_of(url, top) if url else None


def folder_of(url: str, top: Path) -> Path | None:
    """The folder on this machine that ``url`` means, seen from ``top``; None when it is not one."""
    parsed = urlparse(url)
    if parsed.scheme == "file":
        path = Path(unquote(parsed.path))
    elif parsed.scheme or (":" in url.split("/")[0]):
        return None
    else:
        path = Path(url)
    path = path if path.is_absolute() else top / path
    return path if path.is_dir() else None


def push(bench: Git, origin: Path | str, branch: str, commit: str, trailer: str) -> Change:
    """Put ``commit`` on ``branch`` of the origin.

    Raises: ImproveError when a branch of that name is there and is not as we left it, or when the origin
    does not hold the commit afterwards, whatever git's exit status said.
    """
    ref = f"refs/heads/{branch}"
    there = _remote_commit(bench, origin, ref)
    if there == commit:
        return "unchanged"
    if there:
        _require_ours(bench, origin, ref, there, trailer, branch)
    done = bench.run(
        "push",
        "--quiet",
        "--no-verify",
        f"--force-with-lease={ref}:{there}",
        str(origin),
        f"{commit}:{ref}",
    )
    if not done.ok or _remote_commit(bench, origin, ref) != commit:
        raise ImproveError(
            f"{branch} could not be pushed to {origin}: {done.tail(400).strip() or 'the origin did not take it'}",
            "The patch (fix.patch), the branch in your repository and the report are complete; "
            f"push by hand: git push origin {branch}",
        )
    return "updated" if there else "created"


def write_pull_request(run: Path, text: str) -> Change:
    """The draft pull request as one file of the run folder."""
    path = run / PULL_REQUEST
    before = path.read_bytes() if path.is_file() else None
    if before == text.encode():
        return "unchanged"
    rundir.write_whole(path, text.encode())
    return "updated" if before is not None else "created"


def _remote_commit(bench: Git, origin: Path | str, ref: str) -> str:
    done = bench.run("ls-remote", str(origin), ref)
    if not done.ok:
        raise ImproveError(
            f"The origin {origin} cannot be read: {done.tail(300).strip()}",
            "Correct the remote (git remote set-url origin ...), then go on with ./run.sh --resume.",
        )
    return done.text.split("\t")[0].strip()


def _require_ours(
    bench: Git, origin: Path | str, ref: str, there: str, trailer: str, branch: str
) -> None:
    bench.must("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", str(origin), ref)
    require_ours(
        bench, there, trailer, f"The branch {branch} of the origin",
        f"To keep it, rename it there (git fetch origin && git push origin {there}:refs/heads/NEW-NAME "
        f':{branch}), or give the request another "name". If nobody needs it: '
        f"git push origin :{branch}. Then go on with ./run.sh --resume.",
    )  # fmt: skip
