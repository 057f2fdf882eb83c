"""What is inside a virtual environment, seen from outside: packages, files, what imports."""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from improve.errors import ImproveError
from improve.workbench import answers, process
from improve.workbench.environ import plain_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import environments, needs

MOST_BYTES = 16 << 20  # of one file of what a package says about itself

_PATHS = """
import json, sys
print(json.dumps(["%d.%d.%d" % sys.version_info[:3], [p for p in sys.path if p]]))
"""
_IMPORTS = """
import importlib, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    try:
        module = importlib.import_module(name)
        found[name] = [getattr(module, "__file__", None) or "", ""]
    except BaseException as error:
        found[name] = ["", "%s: %s" % (type(error).__name__, error)]
sys.stdout.write("\\n" + json.dumps(found) + "\\n")
"""


@dataclass(frozen=True)
class Inside:
    """The distributions of one environment. ``version`` is its Python's, like '3.11.7'."""

    version: str
    found: tuple[Distribution, ...]

    def packages(self) -> dict[str, str]:
        """Normalised name -> version."""
        named = ((d.metadata["Name"], d.version) for d in self.found)
        return dict(sorted((str(canonicalize_name(n)), v) for n, v in named if n))

    def modules(self) -> set[str]:
        """Top-level names that the distributions provide."""
        names: set[str] = set()
        for one in self.found:
            for file in one.files or ():
                first = file.parts[0]
                names.add(first.split(".")[0] if len(file.parts) == 1 else first)
        return names

    def of_checkout(self, checkout: Path, name: str) -> list[Distribution]:
        """The distributions that were installed from ``checkout``, else the one called ``name``."""
        here = [d for d in self.found if _origin(d).startswith(checkout.as_uri())]
        wanted = canonicalize_name(name) if name else None
        named = [d for d in self.found if canonicalize_name(d.metadata["Name"] or "-") == wanted]
        return here or named[:1]


def _origin(one: Distribution) -> str:
    try:
        return str(json.loads(one.read_text("direct_url.json") or "{}").get("url", ""))
    except (ValueError, AttributeError):
        return ""


def look_inside(python: Path) -> Inside:
    """Read an environment's distributions from their folders, without starting more than Python.

    They are read outside of the sandbox. So of an environment that we built only what lies in it
    counts, in files of its own: its build could leave links, pipes and holes of a terabyte.

    Raises: ImproveError when its interpreter does not run, or does not answer.
    """
    with temporary("improve-look-") as scratch:
        done = process.run(
            [python, "-I", "-c", _PATHS],
            cwd=scratch,
            env=plain_environ({}),
            timeout=60,
            fence=needs.for_looking(python, scratch),
        )
    answer = (
        process.must(done, "The environment's Python does not run").text.strip().split("\n")[-1]
    )
    try:
        version, folders = json.loads(answer)
        path = [folder for folder in folders if Path(folder).is_dir()]
    except (ValueError, TypeError) as error:
        raise answers.unclear(done, "The environment's Python did not tell its folders") from error
    place = environments.built_at(python)
    if place is None:
        return Inside(version, tuple(distributions(path=path)))
    own = [folder for folder in path if Path(folder).resolve().is_relative_to(place.resolve())]
    return Inside(version, tuple(one for one in distributions(path=own) if _is_plain(one)))


def _is_plain(one: Distribution) -> bool:
    """Whether what it says about itself are regular files in a folder, or one, of ordinary size."""
    place = getattr(one, "_path", None)
    if not isinstance(place, Path):  # inside of an archive, whose sizes may be anything
        return False
    with contextlib.suppress(OSError):
        mode = place.lstat().st_mode
        listed = place.iterdir() if stat.S_ISDIR(mode) else [place]
        found = [entry.lstat() for entry in listed]
        regular = all(stat.S_ISREG(f.st_mode) or stat.S_ISDIR(f.st_mode) for f in found)
        return regular and max((f.st_size for f in found), default=0) <= MOST_BYTES
    return False


def files_of(one: Distribution) -> Iterator[tuple[str, str]]:
    """(path relative to site-packages, absolute path) of the importable files of a distribution."""
    for file in one.files or ():
        path = file.as_posix()
        beside = path.startswith("../") or file.parts[0].endswith(
            (".dist-info", ".egg-info", ".data")
        )
        if not beside and "__pycache__" not in file.parts and not path.endswith((".pyc", ".pth")):
            yield path, str(file.locate())


def try_imports(
    python: Path,
    names: Sequence[str],
    roots: Sequence[Path],
    seconds: float,
    tree: Path | None = None,
) -> Mapping[str, tuple[str, str]]:
    """name -> (file it was imported from, error in words), with ``roots`` first on the path.

    ``tree`` is the working folder: Python puts it before everything, as it will for the tests.

    Every name has an error when the interpreter itself was brought down.
    """
    world = plain_environ(
        {"PYTHONPATH": ":".join(map(str, roots)), "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
    )
    try:
        argv = [str(python), "-c", _IMPORTS, json.dumps(list(names))]
        with temporary("improve-look-") as scratch:
            place = tree or scratch
            world["HOME"] = str(scratch)
            fence = needs.for_tests(place, python, (scratch,))
            done = process.run(argv, env=world, timeout=seconds, cwd=place, fence=fence)
        answer = json.loads(done.text.strip().split("\n")[-1])
        return {name: (str(file), str(error)) for name, (file, error) in answer.items()}
    except (ImproveError, ValueError, AttributeError) as error:
        return {name: ("", f"importing ended Python: {error}") for name in names}
