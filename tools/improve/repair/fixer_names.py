"""Fixers for names: misspelt, not imported, renamed, without ``self.``."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from improve.records import Failure
from improve.repair.localise import Suspect
from improve.repair.mutation import Mutation, insert, replace
from improve.repair.scope import by_likeness, local_names, members, module_names
from improve.repair.source import Edit, FunctionNode, Source, statement_lines

_NAME = re.compile(r"(?:name|variable) '(\w{1,80})' (?:is not defined|referenced|is not assoc)")
_UNBOUND = re.compile(r"cannot access local variable '(\w{1,80})'")
_ATTRIBUTE = re.compile(r"(?:has no attribute|cannot import name) '(\w{1,80})'")
_HINT = re.compile(r"Did you mean:? '(?:self\.)?(\w{1,80})'")
_KEYWORD = re.compile(r"unexpected keyword argument '(\w{1,80})'")
# Short names of the standard library that are imported from a module.
_FROM = {
    "Path": "pathlib", "defaultdict": "collections", "Counter": "collections",
    "deque": "collections", "OrderedDict": "collections", "namedtuple": "collections",
    "datetime": "datetime", "timedelta": "datetime", "timezone": "datetime", "date": "datetime",
    "partial": "functools", "wraps": "functools", "reduce": "functools", "lru_cache": "functools",
    "chain": "itertools", "groupby": "itertools", "product": "itertools", "islice": "itertools",
    "combinations": "itertools", "permutations": "itertools", "dataclass": "dataclasses",
    "field": "dataclasses", "Enum": "enum", "Decimal": "decimal", "Fraction": "fractions",
    "sqrt": "math", "ceil": "math", "floor": "math", "Any": "typing", "Optional": "typing",
    "Iterable": "collections.abc", "Mapping": "collections.abc", "suppress": "contextlib",
    "contextmanager": "contextlib", "deepcopy": "copy", "StringIO": "io", "BytesIO": "io",
    "Thread": "threading", "Lock": "threading", "urlparse": "urllib.parse", "heappush": "heapq",
    "heappop": "heapq", "sleep": "time", "dedent": "textwrap", "uuid4": "uuid",
}  # fmt: skip


def undefined_name(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> Iterator[tuple[str, Mutation]]:
    """NameError: the hint of the message, a similar name in scope, ``self.``, a missing import."""
    found = _NAME.search(text) or _UNBOUND.search(text)
    if not found:
        return
    wrong, hint = found.group(1), _HINT.search(text)
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if not (isinstance(node, ast.Name) and node.id == wrong):
                continue
            holder = source.class_of(node)
            if holder is not None and wrong in members(source, holder):
                yield path, replace(source, node, f"self.{wrong}", "missing-self", 1.9)
            scope = (*local_names(source, node), *module_names(source))
            every = by_likeness(wrong, (*scope, *dir(builtins)))
            names = ([hint.group(1)] if hint else []) + every[:3]
            for rank, name in enumerate(dict.fromkeys(names)):
                yield path, replace(source, node, name, "name-typo", 1.8 - 0.2 * rank)


def missing_import(
    text: str, failure: Failure, sources: Mapping[str, Source], project: Mapping[str, bytes]
) -> Iterator[tuple[str, Mutation]]:
    """NameError of a module or a known name: import it where it is used."""
    found = _NAME.search(text)
    if not found:
        return
    name = found.group(1)
    lines: list[str] = []
    if name in sys.stdlib_module_names:
        lines.append(f"import {name}")
    if name in _FROM:
        lines.insert(0 if name[0].isupper() else len(lines), f"from {_FROM[name]} import {name}")
    defines = re.compile(
        rf"^(?:class|def|async def) {re.escape(name)}\b|^{re.escape(name)} *=", re.M
    )
    for path, raw in project.items():
        if defines.search(raw.decode("utf-8", "replace")):
            module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            lines.append(f"from {module.removeprefix('src.')} import {name}")
    for path, source in sources.items():
        uses = any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(source.tree))
        for rank, line in enumerate(lines[:5]) if uses else ():
            yield path, _with_import(source, line, 1.95 - 0.1 * rank)


def _with_import(source: Source, line: str, prior: float) -> Mutation:
    """The import below the ones that are there, or below the module's docstring."""
    after = [
        n
        for number, n in enumerate(source.tree.body)
        if isinstance(n, (ast.Import, ast.ImportFrom))
        or (number == 0 and isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
    ]
    at, where = 0, 1
    if after:
        span = statement_lines(source, after[-1])
        at = span[1] if span else source.span(after[-1])[1]
        where = (after[-1].end_lineno or 0) + 1
    elif source.tree.body:
        where = source.tree.body[0].lineno
        at = source.starts[where - 1]
    return insert(
        source, at, line + source.newline, where, "missing-import", prior, f"`{line}` was missing"
    )


def missing_attribute(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> Iterator[tuple[str, Mutation]]:
    """AttributeError and ImportError: the hint, a similar member of the project's classes."""
    found = _ATTRIBUTE.search(text)
    if not found:
        return
    wrong, hint = found.group(1), _HINT.search(text)
    likely = by_likeness(wrong, _defined(sources))[:3]
    names = list(dict.fromkeys(([hint.group(1)] if hint else []) + likely))
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == wrong:
                end = source.span(node)[1]
                for rank, name in enumerate(names):
                    edit = Edit(end - len(wrong.encode()), end, name)
                    why = f"`.{wrong}` does not exist, `.{name}` does"
                    yield (
                        path,
                        Mutation((edit,), node.lineno, "attribute-typo", 1.8 - 0.2 * rank, why),
                    )
            elif isinstance(node, ast.alias) and node.name == wrong:
                for rank, name in enumerate(names):
                    text_ = f"{name} as {node.asname or wrong}"
                    yield path, replace(source, node, text_, "import-typo", 1.6 - 0.2 * rank)


def _defined(sources: Mapping[str, Source]) -> list[str]:
    """Top-level names and members of all classes."""
    known: dict[str, None] = {}
    for source in sources.values():
        known.update(dict.fromkeys(module_names(source)))
        for holder in ast.walk(source.tree):
            if isinstance(holder, ast.ClassDef):
                known.update(dict.fromkeys(members(source, holder)))
    return list(known)


def unknown_keyword(
    text: str, failure: Failure, sources: Mapping[str, Source], suspects: Sequence[Suspect]
) -> Iterator[tuple[str, Mutation]]:
    """TypeError of a keyword: the callee's nearest parameter, or the keyword dropped."""
    found = _KEYWORD.search(text)
    if not found:
        return
    wrong = found.group(1)
    functions = [
        n for s in sources.values() for n in ast.walk(s.tree) if isinstance(n, FunctionNode)
    ]
    known = [a.arg for f in functions for a in (*f.args.args, *f.args.kwonlyargs)]
    for path, source in sources.items():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.keyword) and node.arg == wrong:
                value = source.segment(node.value)
                for rank, name in enumerate(by_likeness(wrong, known)[:4]):
                    new = f"{name}={value}"
                    yield path, replace(source, node, new, "keyword-renamed", 1.8 - 0.2 * rank)
            elif isinstance(node, ast.Call):
                yield from _dropped(path, source, node, wrong)
            elif isinstance(node, ast.arg) and _alike(wrong, node.arg):
                yield path, _renamed_parameter(source, node, wrong)


def _alike(one: str, two: str) -> bool:
    return one != two and (one in two or two in one or one[:3] == two[:3])


def _renamed_parameter(source: Source, node: ast.arg, name: str) -> Mutation:
    """The function's parameter takes the name that its caller uses, everywhere in its body."""
    holder = source.function_of(node)
    start = source.span(node)[0]
    edits = [Edit(start, start + len(node.arg.encode()), name)]
    for inner in ast.walk(holder) if holder else ():
        if isinstance(inner, ast.Name) and inner.id == node.arg:
            edits.append(Edit(*source.span(inner), name))
    why = f"the parameter `{node.arg}` became `{name}`, as its caller spells it"
    return Mutation(tuple(edits), node.lineno, "parameter-renamed", 1.1, why)


def _dropped(
    path: str, source: Source, node: ast.Call, wrong: str
) -> Iterator[tuple[str, Mutation]]:
    for number, keyword in enumerate(node.keywords):
        if keyword.arg != wrong:
            continue
        before: ast.AST | None = node.keywords[number - 1] if number else None
        if before is None and node.args:
            before = node.args[-1]
        start, end = source.span(keyword)
        start = source.span(before)[1] if before else start
        why = f"the callee no longer takes `{wrong}`"
        yield path, Mutation((Edit(start, end, ""),), keyword.lineno, "keyword-dropped", 1.0, why)
