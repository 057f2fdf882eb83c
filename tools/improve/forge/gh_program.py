"""Which ``gh`` is started, and in which environment."""

from __future__ import annotations

import os
import re
import shutil
from functools import cache

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.environ import NETWORK, PLAIN

# D-Bus is how gh reaches the keyring in which `gh auth login` keeps the token on Linux.
FOR_GH = (
    *PLAIN, *NETWORK, "PATH", "HOME", "GH_CONFIG_DIR", "GH_TOKEN", "GITHUB_TOKEN",
    "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
)  # fmt: skip
WHOSE_TOKEN = "IMPROVE_WHOSE_TOKEN"  # noqa: S105 - 'job' or 'app', set by the workflow
ENTERPRISE = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
QUIET = {
    "GH_TELEMETRY": "false",
    "DO_NOT_TRACK": "1",
    "GH_NO_UPDATE_NOTIFIER": "1",
    "GH_PROMPT_DISABLED": "1",
    "NO_COLOR": "1",
}


def world(host: str) -> dict[str, str]:
    """gh's environment, made from nothing. Here, and nowhere else, a token passes."""
    names: tuple[str, ...] = FOR_GH
    if os.environ.get("GH_HOST", "").lower() == host:
        # gh sends this token to any host but github.com, so to whatever host a request's url names.
        names = (*names, *ENTERPRISE)
    picked = {name: os.environ[name] for name in names if os.environ.get(name)}
    if ":" in host:  # --hostname takes no port
        picked["GH_HOST"] = host
    return {**picked, **QUIET}


def full_name(host: str, home: str) -> str:
    """'owner/name' as gh's ``--repo`` takes it: without a host it looks at github.com."""
    return home if host == "github.com" else f"{host}/{home}"


def job_token() -> bool:
    """Whether gh speaks with the token that GitHub Actions gives to each job.

    The workflow says so: an app's token looks the same (``ghs_``), so it cannot be seen.
    """
    return os.environ.get(WHOSE_TOKEN) == "job"


FLOOR = (2, 23)  # Debian 12's; what an older one answers nobody has looked at
INSTALL = (
    "Install gh 2.23 or newer (Debian: apt-get install gh; else https://cli.github.com), "
    'or save the log in a file and give its path as "raw-logs" instead of "url".'
)


def installed() -> bool:
    """Whether there is a gh."""
    return shutil.which("gh") is not None


def program() -> str:
    """Where gh is. Raises: ImproveError that says how to get it, or a newer one."""
    found = shutil.which("gh")
    if not found:
        raise ImproveError(
            "Logs are fetched with gh, GitHub's command line program, which was not found.", INSTALL
        )
    first = _said(found, "--version").strip().split("\n")[0][:80]
    version = re.match(r"gh version ([0-9]{1,6})\.([0-9]{1,6})", first)
    old = version is not None and (int(version[1]), int(version[2])) < FLOOR
    if old or not first.startswith("gh version"):  # one built from source says "gh version DEV"
        raise ImproveError(f"{found} is no gh 2.23 or newer; it says: {first!r}.", INSTALL)
    return found


@cache
def escape_flag(gh: str) -> tuple[str, ...]:
    """What ``gh api`` needs to pass terminal escapes on: a flag, or nothing."""
    # From 2.97 on gh refuses an answer that holds ESC (GHSA-3m3g-3wcr-px46), and reads it whole
    # into memory to look; older ones do not know the flag. The bytes go to a file, never a screen.
    flag = "--allow-escape-sequences"
    return (flag,) if flag in _said(gh, "api", "--help") else ()


@cache
def _said(gh: str, *words: str) -> str:
    """What gh prints about itself, whatever its configuration holds: a broken one stops it here."""
    nowhere = {"HOME": "/nonexistent", "GH_CONFIG_DIR": "/nonexistent"}
    path = {"PATH": os.environ.get("PATH", "")}
    return process.run([gh, *words], env={**path, **nowhere, **QUIET}, timeout=60).text
