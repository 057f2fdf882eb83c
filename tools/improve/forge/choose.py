"""Which forge a repository belongs to: what the address of its ``origin`` says."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from improve.contract import parse_run_url
from improve.forge.local import folder_of, origin_path
from improve.workbench.git import Git

MAX_CHARACTERS = 2000
# https, ssh:// and git@host:owner/repo. What stands before the @ (a token, at times) is not kept.
_ADDRESS = re.compile(
    r"(?:(?P<scheme>https|ssh)://(?:[^@/\s]{1,500}@)?(?P<host>[A-Za-z0-9.-]{1,253})(?P<port>:[0-9]{1,5})?/"
    r"|(?:[A-Za-z0-9._-]{1,100}@)?(?P<short>[A-Za-z0-9.-]{1,253}):/?)"
    r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?P<repo>[A-Za-z0-9._-]{1,100})/?"
)


@dataclass(frozen=True)
class GitHubPlace:
    """A repository at a GitHub. ``head_owner`` owns the one that branches are pushed to."""

    host: str
    owner: str
    repo: str
    push_to: str  # an address without any secret, or a folder
    head_owner: str


def choose(user: Git, top: Path, hosts: Collection[str]) -> Path | GitHubPlace | None:
    """Where the user's branches go: a folder on this machine, a GitHub, or None for anything else.

    ``remote.origin.url`` says whose repository it is, ``remote.origin.pushurl`` where its branches
    are pushed, as for git: a folder, or (a fork) another repository of the same host.
    """
    found = parse_address(user.line("config", "--get", "remote.origin.url"))
    if found is None or found[0] not in hosts:
        return origin_path(user, top)
    host, owner, repo = found
    push = user.line("config", "--get", "remote.origin.pushurl")
    if not push:
        return GitHubPlace(host, owner, repo, _address(host, owner, repo), owner)
    fork = parse_address(push)
    if fork and fork[0] == host:
        return GitHubPlace(host, owner, repo, _address(*fork), fork[1])
    folder = folder_of(push, top)
    return GitHubPlace(host, owner, repo, str(folder), owner) if folder else None


def known_hosts(url: str | None) -> set[str]:
    """Hosts that are a GitHub: github.com, the one of the request's ``url``, and ``GH_HOST``."""
    place = parse_run_url(url) if url else None
    named = {place.host} if place else set()
    return {"github.com", os.environ.get("GH_HOST", "").lower(), *named} - {""}


def parse_address(url: str) -> tuple[str, str, str] | None:
    """Host (with port, for https), owner and name of the repository at ``url``, or None."""
    match = _ADDRESS.fullmatch(url) if len(url) <= MAX_CHARACTERS else None
    if match is None:
        return None
    host = (match["host"] or match["short"]).lower()
    host = "github.com" if host == "ssh.github.com" else host  # ssh through port 443
    repo = match["repo"].removesuffix(".git")
    if repo in ("", ".", ".."):
        return None
    port = (match["port"] or "") if match["scheme"] == "https" else ""
    return host + port.removesuffix(":443"), match["owner"], repo


def _address(host: str, owner: str, repo: str) -> str:
    # Also where origin is an ssh address: the pull request needs gh's sign-in anyway, and keys
    # may ask for a passphrase that nobody is there to type.
    return f"https://{host}/{owner}/{repo}.git"
