"""Which files a line of shell runs: the scripts that judge where the check is a command. Pure.

It reads the words that people write in checks and their scripts (a shell or an interpreter and its file, a
path, wrappers before them, a ``cd`` in front); what is put together at run time is not seen.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash", "source", "."}
INTERPRETER = re.compile(
    r"(?:python[\d.]{0,5}|pypy[\d.]{0,5}|node|nodejs|deno|bun|tsx|ts-node|ruby|perl|php|lua|Rscript|pwsh)"
)
IN_THE_LINE = {"-c", "-e", "-m", "-r", "-p", "--eval", "--print"}
WITH_A_WORD = {"-X", "-W", "-o", "+o", "-I", "--require", "--import"}
NO_PROGRAM = {
    "if",
    "then",
    "else",
    "elif",
    "while",
    "until",
    "do",
    "!",
    "time",
    "exec",
    "env",
    "command",
    "{",
}
LINE_CAP, LINES = 2000, 400


class Ran(NamedTuple):
    """A file that is run; ``shell``: as a shell script (None: its own first line tells)."""

    path: str
    shell: bool | None


def ran(text: str) -> list[Ran]:
    """The files that ``text``, a command or a script of shell, runs; paths as from the tree's top."""
    found: dict[Ran, None] = {}
    for line in text.splitlines()[:LINES]:
        folder = ""
        for words in _orders(line[:LINE_CAP]):
            if words[0] == "cd" and len(words) > 1:
                folder = posixpath.join(folder, words[1])
                continue
            for one in _of_order(words):
                found.update(dict.fromkeys(_from_top(one, folder)))
    return list(found)


def _orders(line: str) -> Iterator[list[str]]:
    """The single commands of a line, as words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:  # a quote that ends in another line
        words = line.split()
    order: list[str] = []
    for word in (*words, ";"):
        if word and all(sign in "();<>|&" for sign in word):
            if order:
                yield order
            order = []
        elif order or (word not in NO_PROGRAM and not re.match(r"\w{1,80}=", word)):
            order.append(word)


def _of_order(words: list[str]) -> Iterator[Ran]:
    if "/" in words[0] or words[0].endswith((".sh", ".bash")):
        yield Ran(words[0], None)
    for at, word in enumerate(words):  # behind `uv run`, `timeout 5`, `sudo` too
        name = posixpath.basename(word)
        if name not in SHELLS and not INTERPRETER.fullmatch(name):
            continue
        rest = words[at + 1 :]
        while rest and rest[0].startswith(("-", "+")) and rest[0] not in IN_THE_LINE:
            rest = rest[2 if rest[0] in WITH_A_WORD else 1 :]
        if rest[:1] == ["-c"] and name in SHELLS and len(rest) > 1:
            yield from ran(rest[1])
        elif rest and not rest[0].startswith("-"):
            yield Ran(rest[0], name in SHELLS)
        return


def _from_top(one: Ran, folder: str) -> Iterator[Ran]:
    for path in dict.fromkeys((one.path, posixpath.join(folder, one.path))):
        plain = posixpath.normpath(path.removeprefix("$PWD/"))
        if not plain.startswith(("/", "..")):
            yield one._replace(path=plain)
