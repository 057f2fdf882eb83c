"""A command whose expectation stands in its own line (``python -c 'assert f(1) == 6'``), made wrong. Pure.

Only text that is certainly code is changed: what an interpreter is given to run in the line.
"""

from __future__ import annotations

import posixpath
import re
import shlex

from improve.cut.contrary import contrary_script
from improve.cut.contrary_line import contrary_line

LINE_CAP = 4096
PYTHON = re.compile(r"(?:python|pypy)[\d.]{0,5}")
OTHERS = {"node": ("-e", "--eval", "-p"), "ruby": ("-e",), "perl": ("-e",), "php": ("-r",)}
EXPANDED = "$`\\"  # what a shell still changes within double quotes


def contrary_command(command: str) -> str | None:
    """``command`` with a wrong expectation; None when it has none that can be told."""
    if len(command) > LINE_CAP:
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    for at, word in enumerate(words[:-2]):
        name, option, code = posixpath.basename(word), words[at + 1], words[at + 2]
        if PYTHON.fullmatch(name) and option == "-c":
            wrong = contrary_script(code)
        elif option in OTHERS.get(name, ()):
            wrong = _any_line(code)
        else:
            continue
        if wrong is not None:
            return _put(command, code, wrong)
    return None


def _any_line(code: str) -> str | None:
    lines = code.split("\n")
    wrong = [contrary_line(line) for line in lines]
    if not any(wrong):
        return None
    return "\n".join(new or old for new, old in zip(wrong, lines, strict=True))


def _put(command: str, code: str, wrong: str) -> str | None:
    """The command with ``wrong`` in the place of ``code``, where that stands as it is, in quotes."""
    for quote in "'\"":
        whole = f"{quote}{code}{quote}"
        if command.count(whole) == 1 and (quote == "'" or not any(one in code for one in EXPANDED)):
            return command.replace(whole, shlex.quote(wrong))
    return None
