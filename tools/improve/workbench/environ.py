"""Environment variables for what we start: made from nothing, never copied whole.

A token in the user's shell is not the target's business, and neither is a PYTHONPATH. Only names
on a list pass, and the installer's list is longer than the tests'.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from improve.records import TargetEnvironment
from improve.workbench.process import RUN_MARK

PLAIN = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME", RUN_MARK)
NETWORK = (
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
BUILD = ("CC", "CXX", "CFLAGS", "LDFLAGS", "CPPFLAGS", "PKG_CONFIG_PATH", "SOURCE_DATE_EPOCH")


def _picked(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def test_environ(
    tree: Path, environment: TargetEnvironment, scratch: Path, plugins: Sequence[Path] = ()
) -> dict[str, str]:
    """The world in which the target's tests run: no tokens, a home of its own, its tree first."""
    home = scratch / "home"
    home.mkdir(parents=True, exist_ok=True)
    bin_folder = str(Path(environment.python).parent)
    roots = [str(tree / root) if root != "." else str(tree) for root in environment.import_roots]
    return {
        **_picked(PLAIN),
        "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        # Ours first: a module of the tree must not be able to take the recorder's place.
        "PYTHONPATH": os.pathsep.join([*(str(p) for p in plugins), *roots]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "CI": "true",
    }


def plain_environ(extra: dict[str, str]) -> dict[str, str]:
    """The world of a question to an interpreter: nothing that an installer alone may know."""
    return {**_picked((*PLAIN, "PATH")), "PYTHONNOUSERSITE": "1", **extra}


def agent_environ(extra: dict[str, str]) -> dict[str, str]:
    """The world of an agent's program: the way to the network, and nobody's keys."""
    plain = _picked((*PLAIN, *NETWORK, "PATH"))
    # A sandbox does not show the system's git configuration, which git takes for an error.
    return {**plain, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", **extra}


def installer_environ(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The world of the installer: proxies, certificates and pip's own settings may pass."""
    pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    world = {
        **_picked((*PLAIN, *NETWORK, *BUILD, "HOME", "PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")),
        **pip,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONNOUSERSITE": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    world.update(extra or {})
    return world
