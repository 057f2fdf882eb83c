"""What a log tells of the machine it was written on: system, Python, packages, command, commit."""

from __future__ import annotations

import re
from collections.abc import Callable

from improve.records.evidence import LoggedEnvironment

_MAX_PACKAGES = 2000
_SHA = re.compile(r"['\"]?([0-9a-f]{40})['\"]?$")
_PLATFORM = re.compile(
    r"platform (\w{1,40}) -- Python (\d[\w.+]{0,30})(?:\[[^\]]{0,80}\])?, pytest-([\w.]{1,30})"
)
_SUGAR = re.compile(
    r"Test session starts \(platform: (\w{1,40}), Python (\d[\w.+]{0,30}), pytest ([\w.]{1,30})"
)
_WORKER = re.compile(r"\[gw\d{1,5}\] (?:(\w{1,20}) )?-- Python (\d\.[\w.+]{1,20}) ")
_PYTHON = re.compile(
    r"(?:Successfully set up CPython \(|Python |pythonLocation: .{0,200}[/\\]Python[/\\]|CPython )"
    r"(\d\.\d{1,3}\.\d[\w.+]{0,20})\b"
)
_RELEASE = re.compile(
    r"([A-Za-z0-9][\w.]{0,98}(?:-[A-Za-z0-9_.]{1,60}){0,8}?)-(v?\d[\w.!+]{0,60})$"
)
_PINNED = re.compile(r"(?: ?[+~] )?([A-Za-z0-9][\w.-]{0,98})==(\d[\w.!+]{0,60})$")
_SATISFIED = re.compile(
    r"Requirement already satisfied: ([A-Za-z0-9][\w.-]{0,98})(?![\w.-]).*\((\d[\w.!+]{0,60})\)$"
)
_FETCHED = re.compile(r"\+([0-9a-f]{40}):refs/remotes/(?:origin/(\S{1,250})|\S)")
_CHECKOUT = re.compile(r"git checkout (?:\S{1,60} ){0,6}?([0-9a-f]{40})\b")
_SWITCH = re.compile(r"git checkout .{0,120}-B (\S{1,250}) refs/remotes/origin/")
_HEAD = re.compile(r"HEAD is now at ([0-9a-f]{7,40})\b")
_COMMAND = re.compile(
    r"(?:^|[\s;&|(/\"'])(?:pytest|py\.test|unittest|tox|nox|manage\.py test|make (?:test|check)\b"
    r"|hatch (?:run|test)|setup\.py test|trial|nose2|stestr|runtests\.py)(?:$|[\s;&|)\"'])"
)
_NO_COMMAND = re.compile(
    r"\b(?:pip3?|uv|conda|poetry|apt|apt-get|pipx|npm) (?:\S{1,40} )?(?:install|add|sync)\b"
)
_STARTS = (
    "platform ",
    "Test session starts", "rootdir: ", "plugins: ", "Successfully ", "Requirement already", "+ ", " + ",
    "HEAD is now", "Python ", "pythonLocation", "  pythonLocation", "ImageOS", "Image: ", "$ ",
    "/usr/bin/git ", "git ", "[gw", "'", '"', "CPython ", "nox > ", "Using Python", "Using CPython",
)  # fmt: skip


def normal_name(name: str) -> str:
    """A distribution's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


class EnvironmentReader:
    """Feed it lines and GitHub's marks; ``result`` tells what was learned."""

    def __init__(self) -> None:
        self.packages: dict[str, str] = {}
        self.facts: dict[str, str] = {}
        self._commands: list[str] = []
        self._group = ""
        self._system: list[str] = []
        self._expects_sha = False
        self._tested = False

    @property
    def found(self) -> bool:
        """A test session was seen."""
        return "python" in self.facts

    def feed(self, text: str, mark: str) -> None:
        """Take one line, after the dress was taken off."""
        if mark or self._group:
            self._grouped(text, mark)
        if "commands[" in text:  # tox: 'py311: commands[0]> pytest tests'
            self._command(text.partition("> ")[2])
        if text.startswith(_STARTS) or "==" in text or self._expects_sha:
            self._read(text)

    def _grouped(self, text: str, mark: str) -> None:
        if mark in ("group", "endgroup"):
            self._group = text if mark == "group" else ""
            if text.startswith("Run "):
                self._command(text[4:])
        elif mark == "command":
            self._read("git " + text if text.startswith("/usr/bin/git ") else text)
        elif self._group == "Operating System" and len(self._system) < 4 and text:
            self._system.append(text[:60])
        elif self._group.startswith("Run ") and not text.startswith(("shell: ", "env:", "  ")):
            self._command(text)

    def _command(self, text: str) -> None:
        if self._tested or len(text) > 2000 or _NO_COMMAND.search(text):
            return
        if _COMMAND.search(text) and not text.startswith(("#", "echo ")):
            self._commands.append(text.strip())
            del self._commands[:-1]

    def _read(self, text: str) -> None:
        if self._expects_sha:
            found = _SHA.match(text)
            if found:
                self.facts.setdefault("commit", found[1])
                self._expects_sha = False
        for prefix, read in self._readers():
            if text.startswith(prefix):
                read(text)
                return
        if "==" in text:
            self._package(_PINNED.match(text))

    def _readers(self) -> tuple[tuple[str, Callable[[str], None]], ...]:
        return (
            ("platform ", self._platform),
            ("rootdir: ", self._rootdir),
            ("plugins: ", self._releases),
            ("Successfully installed ", self._releases),
            ("Requirement already", lambda t: self._package(_SATISFIED.match(t))),
            ("+ ", self._shell),
            ("$ ", self._shell),
            ("nox > ", lambda t: self._command(t[6:])),
            ("[gw", self._worker),
            ("Test session starts", self._sugar),
            ("Image: ", lambda t: self._keep("image", t[7:].strip())),
            (
                "ImageOS",
                lambda t: self._keep("image", t.partition(":")[2].strip() or t[8:].strip()),
            ),
            ("git ", self._git),
            ("/usr/bin/git ", self._git),
            ("HEAD is now", self._head),
            ("", self._python),
        )

    def _keep(self, key: str, value: str) -> None:
        if value:
            self.facts.setdefault(key, value[:300])

    def _platform(self, text: str) -> None:
        found = _PLATFORM.match(text)
        if found:
            self._tested = True
            self._keep("platform", found[1])
            self._keep("session-python", found[2])
            self._keep("python", found[2])
            self._keep("pytest", found[3])
            self.packages.setdefault("pytest", found[3])
            self._releases(text.partition(f"pytest-{found[3]}")[2].replace(",", " "))

    def _sugar(self, text: str) -> None:
        found = _SUGAR.match(text)
        if found:
            self._platform(f"platform {found[1]} -- Python {found[2]}, pytest-{found[3]}")

    def _shell(self, text: str) -> None:
        if text.startswith("git ", 2):
            self._git(text[2:])
        else:
            self._command(text[2:])

    def _worker(self, text: str) -> None:
        found = _WORKER.match(text)
        if found:
            self._keep("platform", found[1] or "")
            self._keep("python", found[2])

    def _rootdir(self, text: str) -> None:
        self._keep("rootdir", text[9:].partition(", ")[0].strip())

    def _python(self, text: str) -> None:
        found = _PYTHON.search(text[:300])
        if found:
            self._keep("set-up-python", found[1])
        if "==" in text:
            self._package(_PINNED.match(text))

    def _releases(self, text: str) -> None:
        plugins = text.startswith("plugins: ")
        for word in text.replace(",", " ").split()[:_MAX_PACKAGES]:
            found = _RELEASE.match(word)
            if not found or len(self.packages) >= _MAX_PACKAGES:
                continue
            # A plugin names itself without the 'pytest-' of its distribution more often than not.
            name = normal_name(found[1])
            if plugins and not name.startswith("pytest-") and name not in self.packages:
                name = name if name in _PLAIN_PLUGINS else f"pytest-{name}"
            self.packages.setdefault(name, found[2])

    def _package(self, found: re.Match[str] | None) -> None:
        if found and len(self.packages) < _MAX_PACKAGES:
            self.packages.setdefault(normal_name(found[1]), found[2])

    def _git(self, text: str) -> None:
        if "log -1 --format=" in text and "%H" in text:
            self._expects_sha = True
        for found in (_CHECKOUT.search(text), _FETCHED.search(text)):
            if found:
                self._keep("checked-out", found[1])
        switched, fetched = _SWITCH.search(text), _FETCHED.search(text)
        self._keep("branch", (switched and switched[1]) or (fetched and fetched[2]) or "")

    def _head(self, text: str) -> None:
        found = _HEAD.match(text)
        if found:
            self._keep("head", found[1])

    def result(self) -> LoggedEnvironment:
        """The environment, as a record; a commit id is full unless the log had only a short one."""
        facts = self.facts
        system = " ".join(self._system) or facts.get("image") or facts.get("platform")
        return LoggedEnvironment(
            os=system,
            python=facts.get("python") or facts.get("set-up-python"),
            pytest=facts.get("pytest") or self.packages.get("pytest"),
            packages=dict(sorted(self.packages.items())),
            rootdir=facts.get("rootdir"),
            command=self._commands[-1] if self._commands else None,
            commit=facts.get("commit") or facts.get("checked-out") or facts.get("head"),
            branch=facts.get("branch"),
        )


_PLAIN_PLUGINS = frozenset(
    ("anyio", "hypothesis", "typeguard", "faker", "syrupy", "inline-snapshot", "respx", "langsmith",
     "logfire", "schemathesis", "time-machine", "pyfakefs", "pylama", "nbval", "dash", "jaxtyping")
)  # fmt: skip
