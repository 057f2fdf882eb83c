"""What a change newly does, in languages that are no Python: read from its words, line by line. Pure.

The rules of ``habits`` and ``literals`` as far as a text shows them without a parser. The words are those
of JavaScript and TypeScript first, and of the commonest calls elsewhere. As there, only what is new counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from improve.guard.habits import Habit

LINE_CAP = 2000
NO_CODE = (
    ".md", ".rst", ".txt", ".json", ".yaml", ".yml", ".toml", ".csv", ".html", ".css", ".svg", ".lock",
)  # fmt: skip
HASH_COMMENTS = (".rb", ".pl", ".pm", ".sh", ".bash", ".php", ".r", ".ex", ".exs")
BUILT_IN = "Object|Array|String|Number|Function|Promise|Map|Set|Date|RegExp|Error|Math|JSON|console"

# Rule, and the words that show it within one line.
WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (rule, re.compile(pattern))
    for rule, pattern in (
        # With success: another status makes no test pass.
        ("ends the process", r"\b(?:process\.(?:exit|reallyExit)|System\.exit|os\.Exit|process::exit|Environment\.Exit"
         r"|POSIX::_exit|_?exit!?)\(\s?0?\s?\)|\bprocess\.exitCode\s?=\s?0\b|\bprocess\.(?:abort|kill)\b"),
        ("looks for the test runner", r"\bNODE_TEST_CONTEXT\b|\bJEST_WORKER_ID\b|\bVITEST\b|\bHARNESS_ACTIVE\b"
         r"|\bNODE_ENV\b.{0,20}\btest\b|\btesting\.Testing\(\)"),
        ("names a test file", r"['\"`][\w./-]{0,80}[._](?:test|spec)\.\w{1,4}['\"`]"),
        ("looks at its caller", r"new Error\([^()]{0,80}\)\.stack|\bgetStackTrace\("
         r"|\bruntime\.Caller"),
        ("runs text as code", r"\beval\s?\(|\bnew Function\s?\(|\bvm\.run|\b(?:instance|class)_eval\b"),
        ("sleeps", r"new Promise\(.{0,80}\bsetTimeout\b|\btimers/promises\b|\bAtomics\.wait\b|\bThread\.sleep\b"
         r"|\btime\.Sleep\b|\bthread::sleep\b|\bTask\.Delay\b|(?<![\w.])u?sleep\s?\("),
        ("retries", r"['\"](?:p-retry|async-retry|retry)['\"]|\bretryTimes\b"),
        ("replaces what others use", rf"\b(?:{BUILT_IN})\.(?:prototype\.)?\w+\s?=(?!=)"
         rf"|\b(?:defineProperty|assign)\(\s?(?:globalThis|global|(?:{BUILT_IN})(?:\.prototype)?),"
         r"|\brequire\([^()]{1,80}\)\.[\w.]{1,80}\s?=(?!=)|\b(?:globalThis|global)\.\w+\s?=(?!=)"),
        ("brings the tools of tests", r"(?:\bfrom |\brequire\()\s?['\"](?:node:test|vitest|mocha|chai"
         r"|sinon|@jest/.{1,40})['\"]"),
        ("puts a name together", r"\[\s?['\"][\w:-]{1,40}['\"]\s?\+"
         r"|\b(?:require|import)\(\s?['\"][\w:/-]{1,40}['\"]\s?\+"),
    )
)  # fmt: skip
# Across lines: a handler that does nothing, or hands a constant out.
EMPTY = r"(?:return ?(?:null|undefined|nil|false|true|0|''|\"\"|\{\}|\[\])?;?)?"
SWALLOWS = re.compile(
    r"\bcatch ?(?:\([^()]{0,80}\) ?)?\{ ?" + EMPTY + r" ?\}"
    r"|\.catch\( ?\(?\w{0,30}\)? ?=> ?(?:\{ ?\}|null|undefined|0) ?\)"
    r"|\brescue(?: ?=> ?\w{1,30})?(?: nil)? end\b"
)
HIDES = re.compile(
    r"\bcreateHash\b|\batob\(|\bfromCharCode\b|['\"](?:base64|hex)['\"]|\b(?:MD5|SHA1|SHA256)\b"
)
COMPARES = re.compile(
    r"[=!]==?|\beq\b|\bcase\b|\bwhen\b|\bin\b|\.(?:includes|has|startsWith|endsWith)\("
)
LITERAL = re.compile(
    r"'(?:[^'\\]|\\.){3,200}'|\"(?:[^\"\\]|\\.){3,200}\"|(?<![\w.])\d+(?:\.\d+)?(?![\w.])"
)
PAIR = re.compile(rf"({LITERAL.pattern}) ?(?::|=>) ?({LITERAL.pattern})")
ANSWER = re.compile(
    r"(?:\breturn|[^=!<>]=|\?|=>) ?(?:'[^']{0,200}'|\"[^\"]{0,200}\"|-?\d+(?:\.\d+)?) ?[;:}]?"
)
COMMON = {"0", "1", "2", "3", "10", "100", "1000"}
REACH = 2  # lines after a comparison in which its answer is looked for


def is_code(path: str) -> bool:
    """A text that these rules are for."""
    return not path.endswith((".py", ".pyi", *NO_CODE))


def new_wording(path: str, before: str | None, after: str, test: str) -> list[Habit]:
    """What ``after`` says and ``before`` (None: a new file) did not say as often; ``test``: its tests."""
    had, has = _lines(path, before or ""), _lines(path, after)
    old = Counter(text for _, text in had)
    new = []
    for number, text in has:
        old[text] -= 1
        if text and old[text] < 0:
            new.append((number, text))
    found = [*_by_words(had, has, new), *_swallowed(had, has, new)]
    known = {one for one in LITERAL.findall(test) if one not in COMMON} - _literals(had)
    return [*found, *_special_cases(has, new, known), *_hidden(had, new)]


def _by_words(
    had: list[tuple[int, str]], has: list[tuple[int, str]], new: list[tuple[int, str]]
) -> Iterator[Habit]:
    for rule, pattern in WORDS:
        before = sum(bool(pattern.search(text)) for _, text in had)
        if sum(bool(pattern.search(text)) for _, text in has) > before:
            yield from (Habit(rule, text[:120], at) for at, text in new if pattern.search(text))


def _swallowed(
    had: list[tuple[int, str]], has: list[tuple[int, str]], new: list[tuple[int, str]]
) -> Iterator[Habit]:
    whole = _joined(has)
    found = SWALLOWS.findall(whole)
    if len(found) > len(SWALLOWS.findall(_joined(had))) and new:
        yield Habit("swallows the error", found[-1][:120], new[0][0])


def _special_cases(
    has: list[tuple[int, str]], new: list[tuple[int, str]], known: set[str]
) -> Iterator[Habit]:
    """A branch on a literal of the test that hands a constant out, or both of them in a table."""
    for number, text in new:
        here = any(one in known for one in LITERAL.findall(text))
        near = " ".join(line for _, line in has[number - 1 : number + REACH])
        compared = here and bool(COMPARES.search(text)) and bool(ANSWER.search(near))
        pairs = [(key in known, value in known) for key, value in PAIR.findall(text)]
        # Both of them, or several answers: their keys may be written in another way.
        if compared or (True, True) in pairs or sum(value for _, value in pairs) > 1:
            yield Habit("special-cases the test", text[:120], number)


def _hidden(had: list[tuple[int, str]], new: list[tuple[int, str]]) -> Iterator[Habit]:
    """A hash or a code, new to the file, beside a new comparison: what is compared is not to be read."""
    if any(HIDES.search(text) for _, text in had):
        return
    coded = [one for one in new if HIDES.search(one[1])]
    if coded and any(COMPARES.search(text) and LITERAL.search(text) for _, text in new):
        yield Habit("compares what nobody can read", coded[0][1][:120], coded[0][0])


def _literals(lines: list[tuple[int, str]]) -> set[str]:
    return {one for _, text in lines for one in LITERAL.findall(text)}


def _joined(lines: list[tuple[int, str]]) -> str:
    return " ".join(text for _, text in lines if text)


def _lines(path: str, text: str) -> list[tuple[int, str]]:
    """(number, text with single blanks) of every line; comments are empty lines."""
    signs = ("//", "/*", "*", *(("#",) if path.endswith(HASH_COMMENTS) else ()))
    found = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = " ".join(raw[:LINE_CAP].split())
        found.append((number, "" if line.startswith(signs) else line.partition(" // ")[0]))
    return found
