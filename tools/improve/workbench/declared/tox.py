"""The environment of ``tox`` that runs the tests: its deps, extras and dependency groups."""

from __future__ import annotations

import configparser
import re
from typing import Any

from improve.workbench.declared.files import Texts, lines, strings, table, toml
from improve.workbench.declared.requirements import Needs, argument, read_file
from improve.workbench.declared.setuptools import ini
from improve.workbench.declared.shell import Commands, read_shell

_FACTORS = re.compile(r"^([A-Za-z0-9_.!,{} -]{1,200}):\s")


def read_tox(texts: Texts, wanted: str, minor: str) -> Commands:
    """What tox would install for the environment ``wanted`` ('' for the usual one).

    ``minor`` is the Python's version ('3.11').
    """
    native = toml(texts, "tox.toml") or table(toml(texts, "pyproject.toml"), "tool", "tox")
    if "legacy_tox_ini" in native:
        return _ini(texts, ini(str(native["legacy_tox_ini"])), wanted, minor)
    if native:
        return _toml(texts, native, wanted)
    parser = ini(texts.get("tox.ini", ""))
    return _ini(texts, parser, wanted, minor)


def _toml(texts: Texts, native: dict[str, Any], wanted: str) -> Commands:
    base = table(native, "env_run_base")
    env = {**base, **table(native, "env", wanted)}
    found = Commands(
        Needs(extras=strings(env.get("extras"))), strings(env.get("dependency_groups"))
    )
    for line in strings(env.get("deps")):
        found += Commands(_dep(texts, line))
    commands = env.get("commands")
    text = "\n".join(" ".join(strings(c)) for c in commands) if isinstance(commands, list) else ""
    return found + Commands(tests=read_shell(text, texts).tests)


def _ini(texts: Texts, parser: configparser.ConfigParser, wanted: str, minor: str) -> Commands:
    name = wanted or _usual(parser, minor)
    factors = set(name.split("-"))
    found = Commands()
    for line in _value(parser, name, "deps", factors):
        found += Commands(_dep(texts, line))
    extras = [
        e for part in _value(parser, name, "extras", factors) for e in re.split(r"[,\s]+", part)
    ]
    groups = _value(parser, name, "dependency_groups", factors)
    commands = "\n".join(
        _value(parser, name, "commands_pre", factors) + _value(parser, name, "commands", factors)
    )
    run = read_shell(re.sub(r"\{posargs[^}]{0,200}\}", "", commands), texts)
    return found + Commands(Needs(extras=tuple(e for e in extras if e)), tuple(groups)) + run


def _usual(parser: configparser.ConfigParser, minor: str) -> str:
    listed = parser.get("tox", "envlist", fallback=None) or parser.get(
        "tox", "env_list", fallback=""
    )
    names = [n for part in _outer(listed or "") for n in expand(part)]
    version = "py" + minor.replace(".", "")
    exact = [n for n in names if version in n.split("-")]
    plain = [n for n in names if re.match(r"^(py|python|py3|test|tests)\b", n)]
    return min(exact, key=len) if exact else plain[0] if plain else version


def _outer(text: str) -> list[str]:
    """Parts between commas and line ends that lie outside of braces."""
    parts, depth, current = [], 0, ""
    for letter in text[:4096]:
        depth += (letter == "{") - (letter == "}")
        if letter in ",\n" and depth <= 0:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
    return [p for p in (*parts, current.strip()) if p and not p.startswith("#")]


def expand(text: str, most: int = 200) -> list[str]:
    """``py{38,39}-{a,b}`` as its four names."""
    names = [""]
    place = 0
    for found in re.finditer(r"\{([^{}]{0,500})\}", text[:2000]):
        between = text[place : found.start()]
        choices = [c.strip() for c in found.group(1).split(",")]
        names = [n + between + c for n in names for c in choices][:most]
        place = found.end()
    return [(n + text[place:]).strip("-") for n in names]


def _value(parser: configparser.ConfigParser, name: str, key: str, factors: set[str]) -> list[str]:
    own = f"testenv:{name}"
    named = [s for s in parser.sections() if s.startswith("testenv:")]
    sections = [s for s in named if name in expand(s.removeprefix("testenv:"))]
    for section in (own, *sections, "testenv"):
        if parser.has_section(section) and parser.has_option(section, key):
            return _resolved(parser, parser.get(section, key) or "", factors, 4)
    return []


def _resolved(parser: configparser.ConfigParser, text: str, factors: set[str], depth: int) -> list[str]:  # fmt: skip
    made: list[str] = []
    for line in lines(text):
        part = line.split(" #", 1)[0].strip()
        if head := _FACTORS.match(part + " "):
            if not _applies(head.group(1), factors):
                continue
            part = part[head.end() - 1 :].strip() if len(part) >= head.end() else ""
        link = re.match(r"^\{\[([^\]]{1,100})\]([A-Za-z_]{1,50})\}$", part)
        if link and depth:
            inner = parser.get(link.group(1), link.group(2), fallback="") or ""
            made += _resolved(parser, inner, factors, depth - 1)
        elif part and not part.startswith("#"):
            made.append(part)
    return made


def _applies(condition: str, factors: set[str]) -> bool:
    for choice in (c for part in _outer(condition) for c in expand(part)):
        parts = choice.split("-")
        if all((p[1:] not in factors) if p.startswith("!") else p in factors for p in parts):
            return True
    return False


def _dep(texts: Texts, line: str) -> Needs:
    text = line.replace("{toxinidir}", ".").replace("{tox_root}", ".")
    if text.startswith("-"):
        return _via_file(texts, text)
    return Needs() if "{" in text else argument(text)


def _via_file(texts: Texts, line: str) -> Needs:
    # The line has the form of a requirements file's, so it is read as a file of one line.
    name = "\0tox"
    return read_file({**texts, name: line}, name)
