"""Answers in the place of code, and branches that nobody can read. Pure, Python only.

A function that computed something and now hands out a value of the test has not been repaired; nor has
one that asks where it is called from, compares a hash, or reads the test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from improve.guard.habits import Habit, dotted, newly, parsed
from improve.guard.protected import role_of
from improve.guard.reaching import imported, spelled

CODES = {"hashlib", "base64", "binascii", "zlib", "codecs", "marshal"}
DECODING = {"fromhex", "hexdigest", "digest", "b64decode"}
FRAMES = {"tb_frame", "f_back", "f_globals", "f_locals", "co_filename", "co_name"}
LONGEST = 200


def new_answers(before: str | None, after: str, test: str) -> list[Habit]:
    """What ``after`` says in the place of code and ``before`` (None: a new file) did not as often."""
    was, tree = parsed(before or ""), parsed(after)
    return [*newly(_found(was), _found(tree)), *_hollowed(was, tree, test)]


def _found(tree: ast.Module) -> Iterator[Habit]:
    modules = imported(tree)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FRAMES:
            yield Habit("looks at its caller", f"reads {node.attr}", node.lineno)
        elif isinstance(node, ast.Constant) and id(node) not in told and _a_test(node.value):
            yield Habit("names a test", ascii(node.value)[:80], node.lineno)
        elif isinstance(node, (ast.If, ast.IfExp)) and _coded(node.test, modules):
            what = f"if {ast.unparse(node.test)}"[:120]
            yield Habit("compares what nobody can read", what, node.lineno)


def _a_test(value: object) -> bool:
    """A text that names a test's file, or all of them."""
    if not isinstance(value, str) or not value.endswith(".py") or len(value) > LONGEST:
        return False
    return role_of(value) == "a test"


def _coded(test: ast.expr, modules: dict[str, str]) -> bool:
    """A branch on a hash, or on a text in a code."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call):
            last = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
            if spelled(node.func, modules).split(".")[0] in CODES or last in DECODING:
                return True
    return False


def _hollowed(before: ast.Module, after: ast.Module, test: str) -> Iterator[Habit]:
    """Functions that computed, and now hand out a constant of the test or nothing."""
    had, answers = _functions(before), _constants(test)
    for name, node in _functions(after).items():
        if name not in had or _empty(had[name]) is not None:
            continue
        values = _empty(node)
        if values is not None and (not values or any(repr(one) in answers for one in values)):
            what = f"{name} hands out {', '.join(map(ascii, values)) or 'nothing'}, and computed it"
            yield Habit("stands in for the code", what[:120], node.lineno)


def _functions(tree: ast.Module) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions by their name, of the module and of classes."""
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    classes = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    for prefix, body in (("", tree.body), *((f"{one.name}.", one.body) for one in classes)):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[prefix + node.name] = node  # the last one counts: overloads come first
    return found


def _empty(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[object] | None:
    """The constants that a body without any work returns; None when it works."""
    values: list[object] = []
    for one in node.body:
        if isinstance(one, ast.Return) and isinstance(one.value, ast.Constant):
            values.append(one.value.value)
        elif isinstance(one, ast.Raise):
            if "NotImplementedError" not in ast.unparse(one):
                return None
        elif not isinstance(one, ast.Pass) and not (
            isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
        ):
            return None
    return values


def _constants(text: str) -> set[str]:
    return {repr(one.value) for one in ast.walk(parsed(text)) if isinstance(one, ast.Constant)}
