"""Push one branch to GitHub with gh's sign-in.

The token must meet no configuration but ours: ``url.*.insteadOf`` or a proxy, written into the
workbench's git folder by something that ran there, would lead it elsewhere. So the push happens
from a git folder that is a moment old, borrows the workbench's objects, and knows one way to sign in:
gh answers when the host that we push to asks who we are.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path

from improve.errors import ImproveError, NotSignedIn
from improve.forge import local
from improve.forge.choose import GitHubPlace
from improve.forge.gh_answer import readable
from improve.forge.gh_program import program, world
from improve.forge.gh_refusals import RESUME
from improve.workbench.git import Git

SLOW = {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "60"}  # bytes and seconds: then it ends
REFUSED = re.compile(
    r"Authentication failed|could not read (?:Username|Password)|returned error: 40[13]"
    r"|Permission to \S{1,300} denied|Write access to repository not granted"
)
MAY_NOT_WRITE = (
    "The token needs `Contents: write` (classic: `repo`); `gh auth status` shows it. "
    "Where you may not write, push to a fork: git remote set-url --push origin URL"
)
FAULTS = (  # in the words of git's transport, which is curl
    (re.compile(r"(?:error:|HTTP) 429"), f"GitHub limits our requests. In some minutes, {RESUME}."),
    (
        re.compile(r"(?:error:|HTTP) 5[0-9]{2}"),
        f"https://www.githubstatus.com tells about outages. Later, {RESUME}.",
    ),
    (
        re.compile(
            r"too slow|timed out|Could not resolve|(?:Failed to|Could not) connect|Connection re"
        ),
        f"Check the network and the proxy, then {RESUME}.",
    ),
)


def push(bench: Git, place: GitHubPlace, branch: str, commit: str, trailer: str) -> local.Change:
    """Put ``commit`` on ``branch`` at ``place``.

    Raises: NotSignedIn when GitHub refuses who we are or that we write; ImproveError when a branch
    of that name is not ours, or did not get there.
    """
    with tempfile.TemporaryDirectory(prefix="improve-push-") as folder:
        git = fresh(Path(folder) / "push.git", bench, place.host)
        try:
            return local.push(git, place.push_to, branch, commit, trailer)
        except ImproveError as error:
            what = readable(error.what, 1000)
            if REFUSED.search(what):
                raise NotSignedIn(what, MAY_NOT_WRITE) from error
            later = [cure for words, cure in FAULTS if words.search(what)]
            raise ImproveError(what, (later or [error.cure])[0]) from error


def fresh(folder: Path, bench: Git, host: str) -> Git:
    """A bare repository at ``folder`` with the objects of ``bench`` and the sign-in for ``host``."""
    form = bench.line("rev-parse", "--show-object-format") or "sha1"
    folder.mkdir(parents=True)
    Git(folder).must("init", "--quiet", "--bare", "--template=", f"--object-format={form}")
    borrowed = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(bench.folder / "objects")}
    git = Git(folder, extra={**world(host), **borrowed})
    authorities = os.environ.get("SSL_CERT_FILE")  # gh reads it, git's transport does not
    trusted = {"http.sslCAInfo": authorities} if authorities else {}
    for name, value in {**sign_in(host), **SLOW, **trusted}.items():
        git.must("config", "--local", name, value)
    return git


def sign_in(host: str) -> Mapping[str, str]:
    """The git setting by which gh, and nobody else, answers for ``host``."""
    return {f"credential.https://{host}.helper": f"!{shlex.quote(program())} auth git-credential"}
