"""Requirement lines: pip's files, Poetry's tables, and which of them name the project itself."""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, replace
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from improve.workbench.declared.files import Texts, lines

_OWN = re.compile(r"^(?:\.|\./|\$\{?PWD\}?|\$\(pwd\))/?(?:\[([A-Za-z0-9._, -]*)\])?$")
_TEST = {"test", "tests", "testing", "pytest", "unittest"}
_DEV = {"dev", "develop", "development", "devel", "ci", "all", "qa", "check", "checks", "full"}

_OTHER_WORK = {
    "mypy", "ruff", "black", "flake8", "isort", "pylint", "pyright", "basedpyright", "pytype", "pyre-check",
    "bandit", "pre-commit", "prek", "twine", "build", "tox", "tox-uv", "nox", "bump2version", "bumpver", "furo",
    "towncrier", "codespell", "pyupgrade", "autopep8", "yapf", "pydocstyle", "pycodestyle", "pyflakes",
    "docformatter", "interrogate", "vulture", "safety", "pip-audit", "check-manifest", "doc8", "mkdocs",
    "mkdocstrings", "myst-parser", "nbsphinx", "jupyter", "jupyterlab", "notebook", "ipython", "ipdb", "commitizen",
    "python-semantic-release", "cibuildwheel", "uv", "hatch", "poetry", "pdm", "pip-tools", "codecov", "coveralls",
    "ty", "pyrefly", "zest-releaser", "pydoctor", "pdoc", "pdoc3", "numpydoc", "sphinxcontrib-spelling",
}  # fmt: skip
_OTHER_FAMILIES = ("sphinx-", "sphinxcontrib-", "mkdocs-", "flake8-", "types-", "pytest-ruff")


@dataclass(frozen=True)
class Needs:
    """What is to be installed: of the project itself, and beside it; ``aside`` is left out."""

    requirements: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()

    def __add__(self, other: Needs) -> Needs:
        return Needs(
            _once(self.requirements + other.requirements),
            _once(self.extras + other.extras),
            _once(self.constraints + other.constraints),
            _once(self.sources + other.sources),
            _once(self.aside + other.aside),
        )

    def named(self, source: str) -> Needs:
        """The same, with one source in words; an empty one stays without."""
        return replace(self, sources=(source,)) if self else self

    def __bool__(self) -> bool:
        return bool(self.requirements or self.extras)


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def rank(name: str) -> int:
    """How surely a group, extra or file of this name is for tests.

    3: the plain word; 2: part of a name ('test-all'); 1: for development in general; 0: neither.
    """
    plain = re.sub(r"[-_. ]", "", name.lower()[:80])
    if plain in _TEST:
        return 3
    if plain.startswith("test") or plain.endswith(("test", "tests", "testing")):
        return 2 if not plain.endswith("latest") else 0
    return 1 if plain in _DEV or plain.startswith("dev") else 0


def is_for_other_work(requirement: str) -> bool:
    """Whether it is a linter, a documentation, release or environment tool."""
    name = name_of(requirement)
    return name in _OTHER_WORK or name.startswith(_OTHER_FAMILIES)


def name_of(requirement: str) -> str:
    """Normalised name of a requirement; '' for a path or an address without a name."""
    found = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,200})", requirement)
    plain = found and (rest := requirement[found.end() :].lstrip()[:1]) not in {"/", ":", "+"}
    if found and plain and rest != ".":
        return str(canonicalize_name(found.group(1)))
    return ""


def valid(requirement: str) -> bool:
    """Whether pip would take it as a name with a version (addresses included)."""
    try:
        Requirement(requirement)
    except InvalidRequirement:
        return False
    return True


def argument(token: str, folder: str = "") -> Needs:
    """One argument of ``pip install`` that is not an option; paths are relative to ``folder``, but
    for '.', which is where pip stands."""
    token = token.strip()
    own = _OWN.match(token)
    if own:
        return _the_project(own.group(1) or "")
    if token.startswith(("git+", "hg+", "http://", "https://")):
        return Needs((token,))
    if token.startswith((".", "file:")) or ("/" in token and "@" not in token):
        path, bracket, extras = token.removeprefix("file:").partition("[")
        place = posixpath.normpath(posixpath.join(folder, path))
        if place == ".":
            return _the_project(extras.partition("]")[0])
        known = not place.startswith(("..", "/")) and "$" not in place and "*" not in place
        return Needs((f"./{place}{bracket}{extras}",)) if known else Needs()
    return Needs((token,)) if valid(token) else Needs()


def editable(value: str, folder: str = "") -> Needs:
    """What follows ``-e``: a path where it is no address, and never a name of an index."""
    if "@" in value or re.match(r"[a-z+]+:", value) or _OWN.match(value):
        return argument(value, folder)
    if re.match(r"\.?/?\[", value):
        return _the_project(value.partition("[")[2].partition("]")[0])
    path = value.partition("#")[0]
    outside = not path or path.startswith(("/", "~", "=", "$"))
    return Needs() if outside else argument(f"./{path}", folder)


def _the_project(extras: str) -> Needs:
    """Itself, with those extras that can be read: a workflow may have a variable there."""
    names = (one.strip() for one in extras.split(","))
    readable = tuple(one for one in names if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", one))
    return Needs(extras=readable, sources=("project",))


def read_file(texts: Texts, path: str, seen: frozenset[str] = frozenset()) -> Needs:
    """A requirements file with all that it includes, ``-r`` and ``-c`` relative to itself."""
    if path in seen or path not in texts or len(seen) > 8:
        return Needs()
    needs = Needs()
    folder = posixpath.dirname(path)
    for line in lines(texts[path]):
        needs += _line(texts, line, folder, seen | {path})
    return needs


def _line(texts: Texts, line: str, folder: str, seen: frozenset[str]) -> Needs:
    text = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
    text = text.split(" --hash", 1)[0].strip()
    if not text:
        return Needs()
    if not text.startswith("-"):
        return argument(text, folder)
    option, value = _option(text)
    inner = posixpath.normpath(posixpath.join(folder, value))
    if option in {"-r", "--requirement"}:
        return read_file(texts, inner, seen)
    if option in {"-c", "--constraint"}:
        return Needs(constraints=read_file(texts, inner, seen).requirements)
    if option in {"-e", "--editable"}:
        rest = text.removeprefix(option).lstrip(" \t=")  # blanks may stand in it
        return editable(rest.strip("\"'"), folder)
    return Needs()


def _option(text: str) -> tuple[str, str]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    head = words[0] if words else ""
    if head.startswith("--") and "=" in head:
        option, _, value = head.partition("=")
        return option, value
    if not head.startswith("--") and len(head) > 2:
        return head[:2], head[2:]
    return head, words[1] if len(words) > 1 else ""


def from_poetry(dependencies: dict[str, Any]) -> tuple[str, ...]:
    """Requirement lines for a table of Poetry's own notation; optional ones are left out."""
    made: list[str] = []
    for name, value in dependencies.items():
        for one in value if isinstance(value, list) else [value]:
            line = "" if name == "python" else _poetry_line(name, one)
            if line and valid(line):
                made.append(line)
    return tuple(made)


def _poetry_line(name: str, value: object) -> str:
    if isinstance(value, str):
        return name + _poetry_version(value)
    if not isinstance(value, dict) or value.get("optional"):
        return ""
    extras = ",".join(str(e) for e in value.get("extras", ()))
    head = f"{name}[{extras}]" if extras else name
    tail = f" ; {value['markers']}" if isinstance(value.get("markers"), str) else ""
    if isinstance(value.get("git"), str):
        mark = next((f"@{value[k]}" for k in ("rev", "tag", "branch") if k in value), "")
        return f"{head} @ git+{value['git']}{mark}{tail}"
    if isinstance(value.get("url"), str):
        return f"{head} @ {value['url']}{tail}"
    return "" if "path" in value else head + _poetry_version(str(value.get("version", "*"))) + tail


def _poetry_version(text: str) -> str:
    parts = (_bounds(part.strip()) for part in text.split("||")[-1].split(","))
    return ",".join(part for part in parts if part)


def _bounds(text: str) -> str:
    if text in {"", "*"}:
        return ""
    if text[0] not in "^~" or text.startswith("~="):
        bare = text[0].isdigit()
        return f"=={text}" if bare else text
    try:
        release = Version(text[1:].strip()).release
    except InvalidVersion:
        return ""
    first = next((i + 1 for i, n in enumerate(release) if n), len(release))
    keep = min(2, len(release)) if text[0] == "~" else first
    upper = [*release[: keep - 1], release[keep - 1] + 1]
    return f">={text[1:].strip()},<{'.'.join(str(n) for n in upper)}"
