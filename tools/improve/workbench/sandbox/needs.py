"""The fences of this product: what tests, builds and agents each need, said once."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from improve.workbench.sandbox import policy, visible
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
    shown = (*environment(python), *_sources(python), *readable)
    network: Network = "open" if policy.decided().network else "none"
    return policy.held(Fence(tree, tuple(writable), shown, network))


def for_looking(python: Path, folder: Path, readable: Sequence[Path] = ()) -> Held:
    """A question to an interpreter: nothing to write but ``folder``, no network."""
    shown = (*environment(python), *_sources(python), *readable)
    return policy.held(Fence(folder, readable=shown))


def for_building(place: Path, pythons: Iterable[Path], readable: Sequence[Path] = ()) -> Held:
    """Installing and ``setup`` commands: they run the target's build code and need an index.

    Open: the network, ``place`` (the environment and the clone it is built from), the installers'
    own settings (which may name an index with its password) and a download cache of ours beside
    the environments. Not open: the rest of the home folder, the user's own caches, tokens.
    """
    cache = installer_cache(place)
    cache.mkdir(parents=True, exist_ok=True)
    home = Path.home()
    private = home if home.is_dir() and len(home.parts) > 1 else None
    shown = [*readable, *_pip_reads(), *(Path(one).expanduser() for one in TOOLS)]
    for python in (Path(sys.executable), *pythons):
        shown += visible.interpreter(python)
    limits = Limits(file_bytes=None, processes=4096)  # packages may be large; disk_bytes holds
    # The environment being built is among its own interpreter's folders, and stays writable.
    seen = tuple(p for p in shown if p.exists() and p != place and place not in p.parents)
    return policy.held(Fence(place, (cache,), seen, "open", home=private, limits=limits))


def installer_cache(place: Path) -> Path:
    """Where fenced installers keep downloads. The user's own caches are not theirs to write to:
    a wheel that a hostile build left there would be installed elsewhere."""
    return place.parent.parent / "downloads"


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
    shown = (*(environment(python) if python else ()), *readable)
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


def environment(python: Path) -> tuple[Path, ...]:
    """The virtual environment of ``python``, what it was made from, and the clone beside it."""
    found = list(visible.interpreter(python))
    built = python.parent.parent.parent / "checkout"  # an editable install lives on in it
    return (*found, built) if built.is_dir() else tuple(found)


def _sources(python: Path) -> tuple[Path, ...]:
    """Projects that are installed for editing: named by .pth files and by direct_url.json."""
    found: list[Path] = []
    for site in sorted(python.parent.parent.glob("lib/python*/site-packages")):
        for listed in sorted(site.glob("*.pth")):
            lines = listed.read_text("utf-8", "replace").splitlines()[:100]
            found += [path for line in lines if (path := _local(line.strip()[:4096]))]
        for listed in sorted(site.glob("*.dist-info/direct_url.json")):
            # https://packaging.python.org/specifications/direct-url/
            with contextlib.suppress(OSError, ValueError, AttributeError):
                told = json.loads(listed.read_bytes())
                if told.get("dir_info", {}).get("editable") and (path := _local(str(told["url"]))):
                    found.append(path)
    home = Path.home()
    far = (p for p in found if len(p.parts) > 2 and p != home and p not in home.parents)
    return tuple(p for p in far if p.is_dir())


def _pip_reads() -> list[Path]:
    """pip's settings files, and the local folders that they and the environment name."""
    files = [Path(name).expanduser() for name in PIP_FILES]
    if named := os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(named))
    said = [os.environ.get(f"PIP_{name.upper().replace('-', '_')}", "") for name in PIP_PLACES]
    for file in files:
        said += _said(file)
    words = [word for value in said for word in value.split()]
    return [*files, *(path for word in words if (path := _local(word)))]


def _said(file: Path) -> list[str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(file, "utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return []  # pip will say so
    sections: list[Mapping[str, str]] = [parser[name] for name in parser.sections()]
    return [section[name] for section in sections for name in PIP_PLACES if name in section]


def _local(word: str) -> Path | None:
    path = Path(unquote(urlsplit(word).path) if word.startswith("file:") else word)
    if path.name == "simple" and len(path.parts) > 2:
        path = path.parent  # an index's pages link to files that lie beside it (PEP 503)
    return path if path.is_absolute() and len(path.parts) > 1 else None
