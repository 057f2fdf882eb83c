"""A line of a test in any language with a wrong expectation, where it is one that can be told. Pure.

``contrary`` reads Python; this reads one line of what looks like a call: ``assert.strictEqual(f(1), 6)``,
``expect(f(1)).toBe(6)``, ``is(f(1), 6, 'name')``, ``assert_eq!(f(1), 6)``, ``assertEquals(6, f(1))``. Only an
argument that is nothing but literals is changed: another input would show nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LINE_CAP = 1000
CALLED = re.compile(
    r"(?:[eE]quals?|eql?|toBe|toEqual|assert_eq!|assert_equal|is|is_deeply|[sS]ame|to_eq|must_equal)\($"
)
QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\$]|\\.)*`"
STRING = re.compile(QUOTED)
NUMBER = r"-?\d+(?:\.\d+)?"
WORD = r"\b(?:true|false|null|nil|None|undefined)\b"
VALUE = re.compile(rf"{QUOTED}|{NUMBER}|{WORD}")
# What may stand between the values of a literal argument: brackets, commas, keys.
BETWEEN = re.compile(r"(?:[\s\[\]{},]|=>|\w+\s?:|:)*")
OPPOSITES = {
    "assert.throws(": "assert.doesNotThrow(", "assert.rejects(": "assert.doesNotReject(",
    ").toThrow(": ").not.toThrow(", ").toThrowError(": ").not.toThrowError(",
    ").to.throw(": ").to.not.throw(",
}  # fmt: skip
OPEN, CLOSE = "([{", ")]}"


def contrary_line(line: str) -> str | None:
    """``line`` with its expectation made wrong; None when it has none that can be told."""
    if len(line) > LINE_CAP:
        return None
    return _changed_literal(line) or _opposite(line)


def _opposite(line: str) -> str | None:
    """An expected error that must not come; None where the line expects none."""
    found = [(said, other) for said, other in OPPOSITES.items() if line.count(said) == 1]
    return line.replace(*found[0]) if len(found) == 1 else None


def _changed_literal(line: str) -> str | None:
    for at in (place for place, sign in enumerate(line) if sign == "("):
        if not CALLED.search(line, 0, at + 1):
            continue
        for start, end in list(_arguments(line, at + 1))[:2]:  # a third one is a message
            if wrong := _wrong(line[start:end]):
                return line[:start] + wrong + line[end:]
    return None


def _arguments(line: str, start: int) -> Iterator[tuple[int, int]]:
    """Where the arguments of the call lie that opens before ``start``; none that go on below."""
    depth, begin, at = 0, start, start
    while at < len(line):
        if quoted := STRING.match(line, at):
            at = quoted.end()
            continue
        sign = line[at]
        if sign in CLOSE and depth == 0:
            yield begin, at
            return
        if sign == "," and depth == 0:
            yield begin, at
            begin = at + 1
        depth += (sign in OPEN) - (sign in CLOSE)
        at += 1


def _wrong(argument: str) -> str | None:
    """The argument with its first value changed; None when it is no literal."""
    values = list(VALUE.finditer(argument))
    if not values:
        return None
    edges = [0, *(place for one in values for place in one.span()), len(argument)]
    between = [argument[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if not all(BETWEEN.fullmatch(text) for text in between):
        return None
    first = next((one for one in values if not _is_key(argument, one.end())), None)
    if first is None:
        return None
    return argument[: first.start()] + _other(first.group()) + argument[first.end() :]


def _is_key(argument: str, end: int) -> bool:
    return argument[end:].lstrip().startswith((":", "=>"))


def _other(value: str) -> str:
    if value[0] in "'\"`":
        return f"{value[:-1]}x{value[-1]}"
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if value in ("null", "nil", "None", "undefined"):
        return "41"
    return f"-1{value[1:]}" if value.startswith("-") else f"1{value}"
