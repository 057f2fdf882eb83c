"""Install commands, read from shell text: what would they install, and do they run the tests?

The text is never run. What depends on a variable or on the outcome of a program is left out.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass, replace

from improve.workbench.declared.files import Texts, lines
from improve.workbench.declared.requirements import Needs, argument, editable, name_of, read_file

DEPTH = 3
_WITH_VALUE = {
    "-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--python", "-p", "--prefix",
    "--target", "-t", "--trusted-host", "--progress-bar", "--only-binary", "--no-binary", "--src",
    "--config-settings", "-C", "--resolution", "--index-strategy", "--upgrade-strategy",
    "--package", "--log", "--proxy", "--retries", "--timeout", "--cache-dir", "--index",
    "--python-version", "--directory", "--project", "--env-file", "--prerelease", "--report",
}  # fmt: skip
_NAMING = {
    "-r", "--requirement", "--requirements", "-c", "--constraint", "--group", "-e", "--editable",
}  # fmt: skip
_TOOLS = {
    "pip", "setuptools", "wheel", "tox", "tox-gh", "tox-gh-actions", "tox-uv", "nox", "uv", "hatch", "poetry",
    "pdm", "build", "twine", "virtualenv", "pipenv", "codecov", "pre-commit", "cibuildwheel", "pipx",
    "coveralls", "poetry-dynamic-versioning",
}  # fmt: skip
_BEFORE = {"sudo", "time", "command", "exec", "env", "then", "do", "else", "if", "!", "xvfb-run"}
_RUNNERS = {"uv": "run", "poetry": "run", "pdm": "run", "rye": "run", "pipenv": "run"}


_NOTHING = Needs()


@dataclass(frozen=True)
class Commands:
    """What some commands amount to. ``delegates`` are (tool, environment) pairs."""

    needs: Needs = _NOTHING
    groups: tuple[str, ...] = ()
    defaults: bool = False
    every_extra: bool = False
    every_group: bool = False
    tests: bool = False
    locked: bool = False
    delegates: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Commands) -> Commands:
        return Commands(
            self.needs + other.needs,
            tuple(dict.fromkeys(self.groups + other.groups)),
            self.defaults or other.defaults,
            self.every_extra or other.every_extra,
            self.every_group or other.every_group,
            self.tests or other.tests,
            self.locked or other.locked,
            tuple(dict.fromkeys(self.delegates + other.delegates)),
        )


def read_shell(text: str, texts: Texts, depth: int = DEPTH) -> Commands:
    """All commands of a script, with the Makefile targets and scripts that it calls."""
    found = Commands()
    for line in lines(text):
        for words in _split(line):
            found += read_words(words, texts, depth)
    return found


def _split(line: str) -> list[list[str]]:
    bare = re.sub(r"\$\{\{[^}]{0,200}\}\}", "$X", line)
    try:
        lexer = shlex.shlex(bare, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        lexer.commenters = "#"
        words = list(lexer)
    except ValueError:
        return []
    parts: list[list[str]] = [[]]
    for word in words:
        if word and set(word) <= set(";&|"):
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def read_words(words: list[str], texts: Texts, depth: int = DEPTH) -> Commands:
    """One command."""
    rest = list(words)
    while rest and (rest[0] in _BEFORE or re.match(r"^[A-Za-z_][A-Za-z0-9_]{0,99}=", rest[0])):
        rest = rest[1:]
    if not rest:
        return Commands()
    tool, after = posixpath.basename(rest[0].lstrip("@-")), rest[1:]
    if re.match(r"^(python|py|pypy)[0-9.]{0,8}$", tool) or tool in {"$PYTHON", "$(PYTHON)"}:
        modules = [i for i, word in enumerate(after) if word == "-m"]
        return read_words(after[modules[0] + 1 :], texts, depth) if modules else Commands()
    if tool in _RUNNERS and _RUNNERS[tool] in after[:2]:
        return _runner(tool, after[after.index(_RUNNERS[tool]) + 1 :], texts, depth)
    if tool == "uv" and after[:1] == ["pip"]:
        tool, after = "pip", after[1:]
    return _known(tool, after, texts, depth)


def _known(tool: str, after: list[str], texts: Texts, depth: int) -> Commands:
    if tool in {"pytest", "py.test"}:
        return Commands(tests=True)
    if tool in {"coverage", "slipcover"} and "-m" in after:
        return read_words(after[after.index("-m") + 1 :], texts, depth)
    if re.match(r"^pip[0-9.]{0,5}$", tool) and "install" in after[:3]:
        return _pip(after[after.index("install") + 1 :], texts)
    if tool in {"uv", "poetry", "pdm"} and after[:1] and after[0] in {"sync", "install"}:
        return _sync(tool, after[1:])
    if tool in {"tox", "nox"}:
        names = _values(after, ("-e", "-s", "-m", "--session", "--sessions", "-f")) or [""]
        return Commands(tests=True, delegates=tuple((tool, name) for name in names))
    if tool == "hatch" and after[:1] and after[0] in {"run", "test"}:
        named, colon, _ = "".join(after[1:2]).partition(":")
        usual = "hatch-test" if after[0] == "test" else "default"
        return Commands(tests=True, delegates=(("hatch", named if colon else usual),))
    if depth and tool in {"make", "gmake"}:
        return _make([w for w in after if not w.startswith("-") and "=" not in w], texts, depth)
    script = after[0] if tool in {"bash", "sh", "source", "."} and after else tool
    return _script(script, texts, depth)


def _script(name: str, texts: Texts, depth: int) -> Commands:
    # A script is known by its end: the only path of the tree that closes with this name.
    if not depth or not name.endswith(".sh"):
        return Commands()
    wanted = name.removeprefix("./")
    found = [p for p in texts if p == wanted or p.endswith("/" + wanted)]
    return read_shell(texts[found[0]], texts, depth - 1) if found else Commands()


def _pip(words: list[str], texts: Texts) -> Commands:
    needs, groups, skip = Needs(), [], False
    queue = list(words)
    while queue:
        word = queue.pop(0)
        option, joined, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if option in _NAMING:
            value = value if joined else (queue.pop(0) if queue else "")
            if option == "--group":
                groups.append(value.rpartition(":")[2])
            else:
                needs += _pip_value(option, value, texts)
        elif option in _WITH_VALUE:
            skip = not joined
            queue = queue[1:] if skip else queue
        elif not word.startswith(("-", "$", ">", "<", "2>")) and "$" not in word:
            needs += argument(word) if name_of(word) not in _TOOLS else Needs()
    return Commands(needs, groups=tuple(groups))


def _pip_value(option: str, value: str, texts: Texts) -> Needs:
    path = posixpath.normpath(value) if value else ""
    if option in {"-e", "--editable"}:
        return editable(value)
    if option.startswith("--c") or option == "-c":
        return Needs(constraints=read_file(texts, path).requirements)
    return replace(read_file(texts, path), sources=(path,)) if path in texts else Needs()


def _values(words: list[str], options: tuple[str, ...]) -> list[str]:
    """Values of an option, ``-e a,b`` and ``-e=a`` and ``--with a`` alike."""
    found: list[str] = []
    for place, word in enumerate(words):
        head, joined, value = word.partition("=")
        if head in options:
            given = value if joined else "".join(words[place + 1 : place + 2])
            found += [v for v in re.split(r"[,\s]", given) if v and "$" not in v]
    return found


def _sync(tool: str, words: list[str]) -> Commands:
    extras = _values(words, ("--extra", "-E", "--extras"))
    groups = _values(words, ("--group", "--with", "--only-group", "--only"))
    in_group = _values(words, ("-G", "--groups")) if tool == "pdm" else []
    without = {"--no-dev", "--no-default-groups", "--only-group", "--without", "--prod"} & set(
        words
    )
    return Commands(
        Needs(extras=(*extras, *in_group), sources=("project",)),
        groups=(*groups, *in_group),
        defaults=not without or "--dev" in words,
        every_extra=bool({"--all-extras", "-A"} & set(words)),
        every_group="--all-groups" in words,
        locked=True,
    )


def _runner(tool: str, words: list[str], texts: Texts, depth: int) -> Commands:
    """``uv run [options] command``: the options install, the command is read on."""
    with_value = {"--group", "--extra", "--with", "--with-requirements", "-G", "--only-group"}
    place = 0
    while place < len(words) and words[place].startswith("-"):
        place += 2 if words[place] in with_value | _WITH_VALUE else 1
    inner = read_words(words[place:], texts, depth)
    if tool != "uv":
        return inner
    options = words[:place]
    beside = tuple(r for r in _values(options, ("--with",)) if name_of(r) not in _TOOLS)
    plain = [w for w in options if w not in {"--with", *beside}]
    return _sync(tool, plain) + Commands(Needs(beside)) + inner


def _make(targets: list[str], texts: Texts, depth: int) -> Commands:
    path = next((n for n in ("GNUmakefile", "makefile", "Makefile") if n in texts), "")
    rules = _rules(texts.get(path, ""))
    found = Commands()
    for target in targets or list(rules)[:1]:
        before, recipe = rules.get(target, ([], ""))
        for name in before:
            found += _make([name], texts, depth - 1) if depth > 1 else Commands()
        found += read_shell(recipe, texts, depth - 1)
    return found


def _rules(text: str) -> dict[str, tuple[list[str], str]]:
    rules: dict[str, tuple[list[str], str]] = {}
    current: list[str] = []
    for line in lines(text):
        if line.startswith("\t"):
            for name in current:
                before, recipe = rules[name]
                rules[name] = (before, f"{recipe}{line.strip()}\n")
        elif head := re.match(r"^([A-Za-z0-9][\w ./-]{0,200}?):(?!=)", line):
            current = head.group(1).split()
            after = line[head.end() :].split("#")[0].split()
            for name in current:
                rules.setdefault(name, ([], ""))
                rules[name] = ([*rules[name][0], *after], rules[name][1])
    return rules
