"""The fences of this product: what tests, builds and agents each need, said once."""

from __future__ import annotations

import configparser
import contextlib
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from improve.workbench.sandbox import environments, policy, visible
from improve.workbench.sandbox.fence import Fence, Gate, Limits, Network
from improve.workbench.sandbox.holding import Held

PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")
PIP_PLACES = ("find-links", "index-url", "extra-index-url", "cert")
TOOLS = ("~/.rustup",)  # compilers below the home folder that hold no credentials


def for_tests(
    tree: Path, python: Path, writable: Sequence[Path] = (), readable: Sequence[Path] = ()
) -> Held:
    """Tests and commands of the target: its tree, its environment, no network unless asked.

    ``writable`` are folders of ours for what the run leaves (records, its home), ``readable``
    those of our plugins.
    """
    shown = (*environments.shown(python), *environments.sources(python), *readable)
    network: Network = "open" if policy.decided().network else "none"
    return policy.held(Fence(tree, tuple(writable), shown, network))


def for_looking(python: Path, folder: Path, readable: Sequence[Path] = ()) -> Held:
    """A question to an interpreter: nothing to write but ``folder``, no network."""
    shown = (*environments.shown(python), *environments.sources(python), *readable)
    return policy.held(Fence(folder, readable=shown))


def for_building(place: Path, downloads: Path, readable: Iterable[Path] = ()) -> Held:
    """Installing and ``setup`` commands: they run the target's build code and need an index.

    Open: the network, the two folders of an environment below ``place`` (not ``place`` itself,
    where we write down what was built), the installers' own settings (which may name an index with
    its password), and ``downloads``, which no other repository's build sees. Not open: the rest of the
    home folder, the user's own caches, tokens. ``readable``: what was known before anything of the
    target's ran, since a build could write whatever would be looked up now.

    Raises: ImproveError when one of the two folders is a link.
    """
    environments.require_real(place)
    venv, checkout = place / environments.VENV, place / environments.CHECKOUT
    for folder in (downloads, venv, checkout):
        folder.mkdir(parents=True, exist_ok=True)
    home = Path.home()
    private = home if home.is_dir() and len(home.parts) > 1 else None
    shown = (
        *readable, *_pip_reads(), *(Path(one).expanduser() for one in TOOLS),
        *visible.interpreter(Path(sys.executable)),
    )  # fmt: skip
    limits = Limits(file_bytes=None, processes=4096)  # packages may be large; disk_bytes holds
    # The environment being built is among its own interpreter's folders, and stays writable.
    seen = tuple(p for p in shown if p.exists() and p != venv and venv not in p.parents)
    return policy.held(
        Fence(checkout, (venv, downloads), seen, "open", home=private, limits=limits)
    )


def for_agent(
    tree: Path,
    python: Path | None,
    *,
    gate: Gate | None = None,
    network: bool = False,
    writable: Sequence[Path] = (),
    readable: Sequence[Path] = (),
) -> Held:
    """An agent's whole process: its tree and its own folders; the model through ``gate`` alone.

    ``network`` opens everything instead, for programs that bring their own key and endpoint.
    """
    shown = (*(environments.shown(python) if python else ()), *readable)
    return policy.held(
        Fence(
            tree, tuple(writable), shown, "open" if network else "none", None if network else gate
        )
    )


def program(argv: Sequence[str]) -> tuple[Path, ...]:
    """What has to be shown so that a command can be started: the program, and the files it names."""
    found = shutil.which(argv[0])
    files = (Path(part) for part in argv[1:] if part.startswith("/") and len(part) < 4096)
    named = tuple(path for path in files if path.is_file())
    if not found:
        return named
    return (Path(found), *visible.interpreter(Path(found)), *_first_line(Path(found)), *named)


def _first_line(script: Path) -> tuple[Path, ...]:
    """What the interpreter of a script needs, when its first line names one outright."""
    with contextlib.suppress(OSError), script.open("rb") as stream:
        words = stream.readline(4096).decode("utf-8", "replace").split()
        if words and words[0].startswith("#!/"):
            return visible.interpreter(Path(words[0][2:]))
    return ()


def _pip_reads() -> list[Path]:
    """pip's settings files, and the local folders that they and the environment name."""
    files = [Path(name).expanduser() for name in PIP_FILES]
    if named := os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(named))
    said = [os.environ.get(f"PIP_{name.upper().replace('-', '_')}", "") for name in PIP_PLACES]
    for file in files:
        said += _said(file)
    words = [word for value in said for word in value.split()]
    return [*files, *(path for word in words if (path := environments.local(word)))]


def _said(file: Path) -> list[str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, "utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return []  # pip will say so
    sections: list[Mapping[str, str]] = [parser[name] for name in parser.sections()]
    return [section[name] for section in sections for name in PIP_PLACES if name in section]
