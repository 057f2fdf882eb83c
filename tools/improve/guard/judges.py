"""What judges a fix beside the files that are protected: a test's own helpers and data, a command's scripts. Pure.

Their names tell nothing; that the reproduction uses them does. What surely judges is refused. Where it may as
well be the product (data that a test names, the program that a command runs), nothing shows which of both
was made to fit: such a fix is not called verified, and whoever reviews it is told where to look.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from improve.guard.commands import Ran
from improve.guard.habits import parsed
from improve.guard.wording import NO_CODE
from improve.records import Verdict

RULE = "judges"
GOOD = "no helper or data of the test, and no script of the command, was touched"
NAMED_SO = ("assert", "expect", "should")
SHORTEST = 4

Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def judges(
    before: Mapping[str, str], after: Mapping[str, str], test: str, scripts: Mapping[Ran, str]
) -> Verdict:
    """One verdict on the changed files (path -> text; absent in ``after`` when deleted).

    ``test`` is what the frozen and the original tests say; ``scripts`` are the files that the command
    runs, with their text at the base.
    """
    paths = sorted({*before, *after})
    told = [*_scripts(paths, scripts), *_helpers(before, after, test)]
    if told:
        return Verdict(rule=RULE, passed=False, reason="; ".join(told[:3]))
    said = "\n".join((test, *scripts.values()))
    open_ = [*_programs(paths, scripts), *_data(paths, said), *_believed(before, after, test)]
    if open_:
        reason = f"not shown: {'; '.join(open_[:3])}"
        return Verdict(rule=RULE, passed=False, shown=False, reason=reason)
    return Verdict(rule=RULE, passed=True, reason=GOOD)


def _scripts(paths: Iterable[str], scripts: Mapping[Ran, str]) -> Iterator[str]:
    shell = {one.path for one in scripts if one.shell}
    yield from (f"{path} is a script that the check runs" for path in paths if path in shell)


def _programs(paths: Iterable[str], scripts: Mapping[Ran, str]) -> Iterator[str]:
    others = {one.path for one in scripts if not one.shell}
    yield from (
        f"{path} is what the command runs: whether it is repaired or only ends well is for a reader"
        for path in paths
        if path in others
    )


def _data(paths: Iterable[str], said: str) -> Iterator[str]:
    for path in paths:
        if path.endswith(NO_CODE) and _names(said, PurePosixPath(path).name):
            yield f"{path} is data that the test names: the product's, or what is expected of it"


def _names(text: str, name: str) -> bool:
    """``name`` stands in ``text`` as a file's name by itself."""
    at = text.find(name) if len(name) >= SHORTEST else -1
    while at >= 0:
        around = text[max(0, at - 1) : at] + text[at + len(name) : at + len(name) + 1]
        if not any(sign.isalnum() or sign in "_-" for sign in around):
            return True
        at = text.find(name, at + 1)
    return False


def _helpers(before: Mapping[str, str], after: Mapping[str, str], test: str) -> Iterator[str]:
    """Functions of the test's own that it calls in the place of an assertion."""
    called = {name for name, _ in _called(test, ast.Expr)}
    for path, name, was in _changed(before, after):
        if name in called and _named_so(name) and _asserts(was):
            yield f"{path}:{was.lineno} {name} is what the test asserts with, and was changed"


def _believed(before: Mapping[str, str], after: Mapping[str, str], test: str) -> Iterator[str]:
    """Functions that may be the test's or the product's: an ``assert`` in them, or a mere yes of theirs,
    is all that the test asserts."""
    said = {name for name, _ in _called(test, ast.Expr)}
    yes = {name for name, call in _called(test, ast.Assert) if _asks_another(call)}
    for path, name, was in _changed(before, after):
        functions = _functions(before[path])
        helpers = _reached(functions, {one for one in said & {*functions} if _named_so(one)})
        if name in helpers | yes or (name in said and _asserts(was)):
            yield f"{path}:{was.lineno} {name}, by which the test asserts, was changed"


def _named_so(name: str) -> bool:
    return name.lower().startswith(NAMED_SO)


def _reached(functions: Functions, begin: set[str]) -> set[str]:
    """These and the functions of the same file that they call."""
    found: set[str] = set()
    left = set(begin)
    while left:
        name = left.pop()
        found.add(name)
        names = {one.id for one in ast.walk(functions[name]) if isinstance(one, ast.Name)}
        left |= (names & {*functions}) - found
    return found


def _called(test: str, kind: type[ast.Expr] | type[ast.Assert]) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(parsed(test)):
        if isinstance(node, kind):
            call = node.test if isinstance(node, ast.Assert) else node.value
            call = call.value if isinstance(call, ast.Await) else call
            if isinstance(call, ast.Call):
                function = call.func
                name = function.attr if isinstance(function, ast.Attribute) else ""
                yield (function.id if isinstance(function, ast.Name) else name), call


def _asks_another(call: ast.Call) -> bool:
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(isinstance(node, ast.Call) for one in given for node in ast.walk(one))


def _changed(
    before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[tuple[str, str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """(path, name, the function as it was) of every function that is another one now, or gone."""
    for path, text in before.items():
        if path.endswith(".py"):
            now = _functions(after.get(path, ""))
            for name, was in _functions(text).items():
                if name not in now or ast.dump(now[name]) != ast.dump(was):
                    yield path, name, was


def _functions(text: str) -> Functions:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node for node in ast.walk(parsed(text)) if isinstance(node, kinds)}


def _asserts(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Assert)
        or (isinstance(one, ast.Name) and one.id == "AssertionError")
        or (
            isinstance(one, ast.Call)
            and ast.unparse(one.func).endswith(("pytest.fail", "self.fail"))
        )
        for one in ast.walk(node)
    )
