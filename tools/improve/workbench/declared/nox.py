"""The session of ``nox`` that runs the tests, read from ``noxfile.py`` without running it."""

from __future__ import annotations

import ast
from typing import Any

from improve.workbench.declared.files import Texts, strings
from improve.workbench.declared.requirements import rank
from improve.workbench.declared.setuptools import value_of
from improve.workbench.declared.shell import Commands, read_words


def read_nox(texts: Texts, wanted: str) -> Commands:
    """What nox would install for the session ``wanted`` ('': the one that runs pytest)."""
    try:
        tree = ast.parse(texts.get("noxfile.py", ""))
    except (SyntaxError, ValueError, RecursionError):
        return Commands()
    names: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = value_of(node.value, names)
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    sessions = {f.name: _session(f, names, texts, functions) for f in functions.values() if _is_session(f)}  # fmt: skip
    bare = wanted.split("-")[0].split("(")[0]
    if bare in sessions:
        return sessions[bare]
    testing = {name: c for name, c in sessions.items() if c.tests}
    return testing[max(testing, key=rank)] if testing else Commands()


def _is_session(function: ast.FunctionDef) -> bool:
    return any("session" in ast.unparse(d).split("(")[0] for d in function.decorator_list)


def _session(
    function: ast.FunctionDef,
    names: dict[str, Any],
    texts: Texts,
    functions: dict[str, ast.FunctionDef],
    depth: int = 2,
) -> Commands:
    found = Commands()
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in functions and depth:
            found += _session(functions[node.func.id], names, texts, functions, depth - 1)
        if not isinstance(node.func, ast.Attribute):
            continue
        words = _words(node, names)
        if node.func.attr in {"install", "conda_install"}:
            found += read_words(["pip", "install", *words], texts)
        elif node.func.attr in {"run", "run_install", "run_always"} and words:
            found += read_words(words, texts)
    return found


def _words(call: ast.Call, names: dict[str, Any]) -> list[str]:
    words: list[str] = []
    for argument in call.args:
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        words += strings(value_of(inner, names))
    return words
