"""Every regular expression of a package, and lines that are made to stall it."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

try:
    import re._constants as sre
    import re._parser as sre_parse  # type: ignore[import-not-found]
except ImportError:  # Python 3.10
    import sre_constants as sre  # type: ignore[no-redef]
    import sre_parse  # type: ignore[no-redef]

PIECES = (
    "a", " ", "\t", "=", "_ ", "-", ".", ":", "::", "/", "\\", "'", '"', "(", "[", "<", "0", "1.",
    "a.", "a_", "a-", "a/", "a:", "1:", ":1", "a=", "E   ", " in ", " in 1", ": ", " - ", "[a",
    "a::b ", " <- a", " FAILED", "FAILED a::b ", "ERROR ", "File \"", ", line 1", "x.py:1: ",
    "Error: ", "Exception: ", "\x1b", "\x1b[", "\x1b[0", "\x1b]", "\x1b]0;", "\x9b", "\u200b",
    "2026-01-02T03:04:05.1234567Z ", "##[", "##[group]", "::error ", "| ", "+-", "  | ", "a\tb\t",
    "token=", "password: ", "eyJ", "eyJaaaaaaaaaaaa.", "sk-", "ghp_", "xoxb-", "://", "a://a:",
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "bearer ", "authorization: bearer ", "a_secret_",
    "==1", "a==", "git checkout ", "(1", "+ ", "1_1", "0a", "1,", "é", "☃", "\U0001f44d", "[(<{",
    "()", "a b", "https://a/", "@a", "`", "a/a@", "_a", "a\n", "\n", " \n", "#", "${{", "{{",
)  # fmt: skip


class Use(NamedTuple):
    """A pattern where it stands; ``anchored``: it is tried at the start of a text alone."""

    name: str
    pattern: re.Pattern[str]
    anchored: bool

    def on(self, line: str) -> None:
        (self.pattern.match if self.anchored else self.pattern.search)(line)


def modules(package: ModuleType, guests: tuple[str, ...]) -> Iterator[ModuleType]:
    """All modules of the package but those whose dotted name holds one of ``guests``."""
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not any(part in found.name for part in (*guests, "__main__")):
            yield importlib.import_module(found.name)


def uses(module: ModuleType) -> list[Use]:
    """Compiled patterns that the module holds, and those that it writes into calls of ``re``."""
    source = Path(str(module.__file__)).read_text("utf-8")
    found = []
    for name, value in vars(module).items():
        called = re.findall(rf"\b{re.escape(name)}\.(\w+)\(", source)
        anchored = bool(called) and set(called) <= {"match", "fullmatch"}
        found += [Use(f"{module.__name__}.{name}", one, anchored) for one in _inside(value)]
    found += [use for node in _calls(ast.parse(source)) for use in _literal(module, node)]
    return [one for one in found if isinstance(one.pattern.pattern, str)]


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of ``re`` in functions; what is compiled outside of them the module holds."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.Lambda):
            yield from (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _literal(module: ModuleType, node: ast.Call) -> list[Use]:
    function, first = node.func, node.args[0] if node.args else None
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return []
    if function.value.id != "re" or not isinstance(first, ast.Constant):
        return []
    anchored = function.attr in ("match", "fullmatch")
    pattern = re.compile(first.value) if isinstance(first.value, str) else None
    return [Use(f"{module.__name__}:{node.lineno}", pattern, anchored)] if pattern else []


def _inside(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _inside(item)


def near_misses(pattern: re.Pattern[str], size: int) -> Iterator[str]:
    """Texts of ``size`` that nearly match: one repetition after the other is blown up, then broken."""
    tree = sre_parse.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    total = len(list(_repeats(tree)))
    for blown in range(total):
        text = "".join(_text(tree, [blown], size))
        if text:
            yield (text * (size // len(text) + 1))[: size - 1] + "\x01"
            yield text[: size - 1] + "\x01"


def _repeats(tree: Any) -> Iterator[object]:
    for code, value in tree:
        if code in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            yield value
        for part in _parts(code, value):
            yield from _repeats(part)


def _parts(code: Any, value: Any) -> list[Any]:
    if code in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return [value[2]]
    if code is sre.SUBPATTERN:
        return [value[3]]
    if code is sre.BRANCH:
        return list(value[1])
    return []


def _text(tree: Any, countdown: list[int], size: int) -> Iterator[str]:
    """A matching text; the repetition at which ``countdown`` reaches 0 is as long as it may be."""
    for code, value in tree:
        if code is sre.LITERAL:
            yield chr(value)
        elif code in (sre.ANY, sre.NOT_LITERAL):
            yield "a"
        elif code is sre.IN:
            yield _member(value)
        elif code in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            blown = countdown[0] == 0
            countdown[0] -= 1
            once = "".join(_text(value[2], countdown, size))
            least, most = int(value[0]), int(value[1])
            yield once * (min(most, size // max(1, len(once))) if blown else max(1, least))
        elif code is sre.BRANCH:
            yield "".join([*("".join(_text(one, countdown, size)) for one in value[1])][:1])
        else:
            for part in _parts(code, value):
                yield from _text(part, countdown, size)


def _member(choices: Any) -> str:
    """A sign that a class of signs takes."""
    if choices[0][0] is sre.NEGATE:
        return "a"
    code, value = choices[0]
    if code is sre.CATEGORY:
        return {"SPACE": " ", "DIGIT": "1"}.get(str(value).rpartition("_")[2], "a")
    return chr(value[0] if code is sre.RANGE else value)
