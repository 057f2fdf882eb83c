"""Requests that must be refused: the bytes, and the words that the message must hold.

Used by the tests of the contract and by those of the command line.
"""

from __future__ import annotations

import codecs
import json
from typing import NamedTuple


class Malformed(NamedTuple):
    name: str
    data: bytes
    words: tuple[str, ...]


def changed(**changes: object) -> bytes:
    """A good request with some keys replaced; ``__`` stands for a hyphen, DROP removes the key."""
    request: dict[str, object] = {
        "deterministic": True,
        "prompt": "test_gather times out; fix it",
        "raw-logs": "ci.log",
    }
    for key, value in changes.items():
        request[key.replace("__", "-")] = value
    kept = {key: value for key, value in request.items() if value is not DROP}
    return json.dumps(kept).encode()


DROP = object()
GOOD = changed()
RUN = "https://github.com/owner/repo/actions/runs/123456"
TOKEN = "ghp_" + "a1B2" * 9

ENCODING = [
    Malformed("empty", b"", ("is empty", '"deterministic"')),
    Malformed("white space alone", b" \n\t\n", ("is empty",)),
    Malformed("byte order mark alone", codecs.BOM_UTF8, ("is empty",)),
    Malformed("UTF-16 with mark", GOOD.decode().encode("utf-16"), ("UTF-16", "save it as UTF-8")),
    Malformed("UTF-16 without mark", GOOD.decode().encode("utf-16-le"), ("UTF-16", "UTF-8")),
    Malformed("UTF-32", GOOD.decode().encode("utf-32"), ("UTF-32", "save it as UTF-8")),
    Malformed(
        "Latin-1",
        '{\n"prompt": "für"}'.encode("latin-1"),
        ("line 2:13", "0xfc", "Latin-1", "iconv"),
    ),
    Malformed("NUL byte", b'{"prompt": "a\0b"}', ("line 1:14", "NUL byte")),
    Malformed(
        "too large", b'{"raw-logs": "' + b"x" * 1_100_000 + b'"}', ("1.1 MB", "file of its own")
    ),
]

SYNTAX = [
    Malformed("trailing comma", b'{"prompt": "a",\n}', ("line 2:1", "comma before", "remove")),
    Malformed("trailing comma in a list", b'{"agents": ["embedded",]}', ("comma before", "remove")),
    Malformed("line comment", b'{\n// why\n"prompt": "a"}', ("line 2:1", "comment")),
    Malformed("hash comment", b'{\n  # why\n"prompt": "a"}', ("line 2:3", "comment")),
    Malformed("single quotes", b"{'prompt': 'a'}", ("line 1:2", "single quote", "double quotes")),
    Malformed("typographic quotes", '{“prompt”: "a"}'.encode(), ("typographic quote", "plain")),
    Malformed("bare key", b'{prompt: "a"}', ("line 1:2", "double quotes")),
    Malformed("Python's True", b'{"deterministic": True}', ("line 1:19", "True", "true")),
    Malformed("Python's None", b'{"url": None}', ("None", "null")),
    Malformed("missing comma", b'{"prompt": "a"\n"url": "b"}', ("line 2:1", "comma is missing")),
    Malformed("missing colon", b'{"prompt" "a"}', ("colon is missing",)),
    Malformed("missing brace", b'{"prompt": "a"', ("ends too early", "}")),
    Malformed("open text", b'{"prompt": "a}', ("closing quote",)),
    Malformed("line break in a text", b'{"raw-logs": "a\nb"}', ("line break", "\\n", "raw-logs")),
    Malformed("Windows path", rb'{"raw-logs": "C:\logs\ci.log"}', ("backslash", "two")),
    Malformed("two objects", b'{"prompt": "a"} {}', ("behind the end",)),
    Malformed("no JSON at all", b"deterministic: true\n", ("line 1:1", "not JSON")),
    Malformed("duplicate key", b'{"prompt": "a",\n"prompt": "b"}', ("line 2", '"prompt"', "twice")),
    Malformed("NaN", b'{"limits": {"usd": NaN}}', ("NaN", "plain number")),
    Malformed("Infinity", b'{"limits": {"usd": -Infinity}}', ("-Infinity", "plain number")),
    Malformed("a float too large", b'{"limits": {"usd": 1e999}}', ("too large",)),
    Malformed("5,000 digits", b'{"limits": {"usd": ' + b"9" * 5000 + b"}}", ("5000 digits",)),
    Malformed("depth bomb", b"[" * 100_000, ("nested deeper",)),
    Malformed("deep but valid", b'{"a":' * 200 + b"1" + b"}" * 200, ("nested deeper",)),
]

SHAPE = [
    Malformed("a list", b"[]", ("an empty list", "one object")),
    Malformed("a text", b'"fix it"', ("one object",)),
    Malformed("null", b"null", ("null", "one object")),
    Malformed(
        "empty object", b"{}", ("deterministic: found nothing", "prompt: found nothing", "raw-logs")
    ),
    Malformed(
        "underscore for hyphen", changed(raw__logs=DROP, raw_logs="x"), ('mean "raw-logs"?',)
    ),
    Malformed(
        "shortened key",
        changed(raw__logs=DROP, existing_test="tests/test_a.py"),
        ("existing_test: found an unknown key", 'mean "existing-test-path"?'),
    ),
    Malformed("capital key", changed(Prompt="a"), ("Prompt:", '"prompt" is there')),
    Malformed("foreign key", changed(colour="red"), ("colour", "unknown key", "there is: $schema")),
    Malformed("unknown limit", changed(limits={"minuts": 3}), ("limits.minuts", 'mean "minutes"?')),
    Malformed("no target", changed(raw__logs=DROP), ("existing-test-path", "exactly one of url")),
    Malformed(
        "slower than, without a test",
        changed(slower__than="v1"),
        ("slower-than: found neither existing-test-path nor check", "name what is timed"),
    ),
    Malformed(
        "slower than, test and command",
        changed(slower__than="v1", existing__test__path="tests/test_a.py", check="make"),
        ("slower-than: found both existing-test-path and check", "keep the one"),
    ),
    Malformed("url and raw-logs", changed(url=RUN), ("url, raw-logs: found both", "keep one")),
    Malformed(
        "all three", changed(url=RUN, existing__test__path="a.py"), ("found both", "exactly one")
    ),
]

VALUES = [
    Malformed("deterministic as text", changed(deterministic="true"), ("deterministic", '"true"', "without quotes")),
    Malformed("deterministic as Python", changed(deterministic="True"), ('"True"', "without quotes")),
    Malformed("deterministic as number", changed(deterministic=1), ("found 1;", "true or false")),
    Malformed("deterministic null", changed(deterministic=None), ("deterministic: found nothing",)),
    Malformed("blank prompt", changed(prompt=" \n"), ("prompt", "white space", "a few words")),
    Malformed("prompt as list", changed(prompt=["a"]), ("prompt", "a list of 1", "text")),
    Malformed("escape in the prompt", changed(prompt="a\x1b[2J"), ("prompt", "U+001B", "remove it")),
    Malformed("half a surrogate pair", changed(prompt="\ud800"), ("prompt", "U+D800", "remove")),
    Malformed("blank raw-logs", changed(raw__logs=""), ("raw-logs", "an empty text")),
    Malformed("address as raw-logs", changed(raw__logs=RUN), ("raw-logs", 'key "url"')),
    Malformed("pull request as url", changed(raw__logs=DROP, url="https://github.com/o/r/pull/7"), ("url", "no run")),
    Malformed("http", changed(raw__logs=DROP, url=RUN.replace("https", "http")), ("url", "write https://")),
    Malformed("path as url", changed(raw__logs=DROP, url="logs/ci.log"), ("url", '"raw-logs"')),
    Malformed("file scheme", changed(raw__logs=DROP, url="file:///etc/passwd"), ("url", "actions/runs/ID")),
    Malformed("run id is no number", changed(raw__logs=DROP, url=RUN + "x"), ("url", "actions/runs/ID")),
    Malformed(
        "credentials in the url",
        changed(raw__logs=DROP, url=f"https://me:{TOKEN}@github.com/o/r/actions/runs/1"),
        ("url", "not shown"),
    ),
    Malformed("token as name", changed(name=f"x {TOKEN}"), ("name", "***")),
    Malformed("test path: option", changed(existing__test__path="-pevil"), ("existing-test-path", "./-")),
    Malformed("test path: options file", changed(existing__test__path="@args"), ("existing-test-path", "./@")),
    Malformed("test path: absolute", changed(existing__test__path="/etc/passwd"), ("relative to the top",)),
    Malformed("test path: home", changed(existing__test__path="~/a.py"), ("relative to the top",)),
    Malformed("test path: drive", changed(existing__test__path="C:/a.py"), ("relative to the top",)),
    Malformed("test path: climbs", changed(existing__test__path="a/../../b.py::t"), ("without '..'",)),
    Malformed("test path: backslash", changed(existing__test__path="a\\b.py"), ("write / between",)),
    Malformed("test path: NUL", changed(existing__test__path="a\0b.py"), ("U+0000",)),
    Malformed("name with blanks", changed(name="My Failure!"), ("name", 'write "my-failure"')),
    Malformed("name climbs", changed(name="../../x"), ("name", 'write "x"')),
    Malformed("repository as address", changed(repository="https://example.org/o/r.git"), ("repository", "clone it")),
    Malformed("repository by ssh", changed(repository="git@github.com:o/r.git"), ("repository", "clone it")),
    Malformed("repository is an option", changed(repository="--upload-pack=x"), ("repository", "./")),
    Malformed("base is an option", changed(base="--help"), ("base", "does not begin with -")),
    Malformed("base is a range", changed(base="a..b"), ("base", "'..'")),
    Malformed("base is a full ref", changed(base="refs/heads/main"), ("base", 'write "main"')),
    Malformed("base ends in .lock", changed(base="a.lock"), ("base", ".lock")),
    Malformed("base with a blank", changed(base="my branch"), ("base", "no white space")),
    Malformed("setup is a text", changed(setup="pip install ."), ("setup", "a list of commands")),
    Malformed("setup holds a number", changed(setup=["a", 3]), ("setup[1]: found 3",)),
    Malformed("setup holds a blank", changed(setup=["a", " "]), ("setup[1]", "a command")),
    Malformed("blank check", changed(check=""), ("check", "a command")),
    Malformed(
        "slower than a flag",
        changed(slower__than="--all", existing__test__path="tests/test_a.py"),
        ("slower-than", "a commit id (7 digits or more) or the name of a tag", "git tag --list"),
    ),
    Malformed("check with a line break", changed(check="make\nrm"), ("check", "U+000A", "one line")),
    Malformed("misspelt setting", changed(try__first="thread-noises"), ("try-first", 'did you mean "thread-noise"?')),
    Malformed("no setting to try", changed(try__first="zzzz"), ("try-first", "one of thread-noise", "leave it out")),
    Malformed("misspelt agent", changed(agents=["embeded"]), ("agents[0]", 'did you mean "embedded"?')),
    Malformed("unknown agent", changed(agents=["zzz"]), ("agents[0]", "one of embedded")),
    Malformed("no agents", changed(agents=[]), ("agents", "an empty list")),
    Malformed("minutes true", changed(limits={"minutes": True}), ("limits.minutes: found true", "a number")),
    Malformed("minutes as text", changed(limits={"minutes": "23"}), ('limits.minutes: found "23"', "1440")),
    Malformed("minutes zero", changed(limits={"minutes": 0}), ("limits.minutes", "above 0, at most 1440")),
    Malformed("minutes too many", changed(limits={"minutes": 1441}), ("limits.minutes", "at most 1440")),
    Malformed("attempts and a half", changed(limits={"attempts": 2.5}), ("limits.attempts", "whole number")),
    Malformed("usd below zero", changed(limits={"usd": -1}), ("limits.usd", "from 0")),
    Malformed("confidence one", changed(limits={"confidence": 1}), ("limits.confidence", "below 1")),
    Malformed("limits as number", changed(limits=23), ("limits: found 23", "an object")),
    Malformed(
        "many at once",
        changed(deterministic="yes", prompt="", limits={"usd": True}, base="-", zzz=1),
        ("5 problems", "deterministic", "prompt", "limits.usd", "base", "zzz"),
    ),
]  # fmt: skip

MALFORMED: tuple[Malformed, ...] = (*ENCODING, *SYNTAX, *SHAPE, *VALUES)
