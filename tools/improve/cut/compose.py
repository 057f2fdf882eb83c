"""From what was gathered to one file: imports first, then every unit in its old order."""

from __future__ import annotations

import ast
import posixpath
import sys
from collections.abc import Iterable

from improve.cut.gather import TOP, Gathering
from improve.cut.model import CannotCut, Node
from improve.cut.modules import Module, Unit, absolute_name
from improve.cut.names import strings_in
from improve.cut.source import DEFINITIONS

Import = tuple[str, str, "str | None"]
"""(module, name or '' for ``import module``, alias)"""


def compose(g: Gathering, header: str) -> str:
    """The new file's source; CannotCut when two modules mean different things by one name."""
    order = _ordered(g)
    _refuse_conflicts(g, order)
    early: list[Import] = []
    segments: list[str] = []
    for module in order:
        head, body = _segment(g, module)
        early += head
        segments += [body] if body else []
    rest = "\n\n\n".join(segments)
    preamble = _preamble(g, rest)
    if preamble:
        early.append(("pathlib", "Path", None))
    if g.path_entries:
        early.append(("sys", "", None))
    future = _future(g, order)
    # Support modules outside the top folder can be imported only after the path was set.
    late = [i for i in early if g.path_entries and _in_tree(g, i)]
    blocks = [
        header + future,
        import_block([i for i in early if i not in late]),
        preamble,
        import_block(late),
    ]
    return "\n\n".join(b for b in blocks if b) + "\n\n\n" + rest + "\n"


def _ordered(g: Gathering) -> list[Module]:
    """Modules so that each comes after those it takes from; the test's own comes last."""
    done: dict[str, Module] = {}
    visiting: set[str] = set()

    def visit(path: str) -> None:
        if path in done or path in visiting:
            return
        visiting.add(path)
        for other in sorted(g.inlined.get(path, ())):
            if other != g.node.path:
                visit(other)
        module = g.module(path)
        if module:
            done[path] = module

    roots = [c.path for c in reversed(g.conftests)] + sorted({*g.kept, *g.imports})
    for path in roots:
        if path != g.node.path and (path in g.kept or path in g.imports):
            visit(path)
    visit(g.node.path)
    return list(done.values())


def _imports_of(g: Gathering, module: Module, unit: Unit) -> list[Import]:
    kept = g.imports.get(module.path, {}).get(unit.index, set())
    node = unit.node
    if isinstance(node, ast.ImportFrom):
        source = absolute_name(node, module.path, g.read)
        return [(source, a.name, a.asname) for a in node.names if (a.asname or a.name) in kept]
    names = node.names if isinstance(node, ast.Import) else []
    return [(a.name, "", a.asname) for a in names if (a.asname or a.name.partition(".")[0]) in kept]


def _segment(g: Gathering, module: Module) -> tuple[list[Import], str]:
    """(imports that may go to the top, the rest of the module's kept source)."""
    kept = g.kept.get(module.path, set())
    early: list[Import] = []
    out, previous = "", None
    for unit in module.units:
        if unit.is_import:
            found = _imports_of(g, module, unit)
            if previous is None:
                early += found
                continue
            text = import_block(found)
        elif unit.index in kept:
            text = g.text(module, unit)
        else:
            continue
        if text:
            out += _gap(module, previous, unit) + text if previous else text
            previous = unit
    glue = sorted(g.glue.get(module.path, ()))
    if glue:
        out = "\n\n".join([*([out] if out else []), *(f"{a} = {b}" for a, b in glue)])
    return early, out


def _gap(module: Module, previous: Unit, unit: Unit) -> str:
    if isinstance(previous.node, DEFINITIONS) or isinstance(unit.node, DEFINITIONS):
        return "\n\n\n"
    between = range(previous.last + 1, unit.first)
    return "\n" if not any(not module.text.line(n).strip() for n in between) else "\n\n"


def import_block(imports: Iterable[Import]) -> str:
    """Import statements, one per module, the standard library's first."""
    plain: dict[str, list[str]] = {}
    for module, name, alias in dict.fromkeys(imports):
        suffix = f" as {alias}" if alias and alias != name else ""
        if name:
            plain.setdefault(f"from {module}", []).append(name + suffix)
        else:
            plain.setdefault(f"import {module}{suffix}", [])
    lines: tuple[list[str], list[str]] = ([], [])
    for statement in sorted(plain, key=lambda s: (s.startswith("from"), s)):
        names = sorted(set(plain[statement]))
        text = f"{statement} import {', '.join(names)}" if names else statement
        if len(text) > 100:
            text = f"{statement} import (\n    " + ",\n    ".join(names) + ",\n)"
        top = statement.split()[1].partition(".")[0]
        lines[0 if top in sys.stdlib_module_names else 1].append(text)
    return "\n\n".join("\n".join(group) for group in lines if group)


def _in_tree(g: Gathering, item: Import) -> bool:
    stem = item[0].replace(".", "/")
    return any(
        g.read(posixpath.join(base, f"{stem}{end}")) is not None
        for base in g.path_entries
        for end in (".py", "/__init__.py")
    )


def _preamble(g: Gathering, rest: str) -> str:
    parts = []
    if g.plugin_imports:
        parts.append(f"pytest_plugins = {g.plugin_imports!r}")
    if g.path_entries or f"str({TOP} / " in rest:
        # Three folders lie between this file and the one that holds the reproductions; above
        # them the first folder with the original test in it is the top, wherever pytest started.
        parts.append(
            "# The repository's top: files beside the original test must still be found.\n"
            f"{TOP} = next(\n"
            "    folder\n"
            "    for folder in list(Path(__file__).resolve().parents)[3:]\n"
            f'    if (folder / "{g.node.path}").is_file()\n'
            ")"
        )
    parts += [f'sys.path.insert(0, str({TOP} / "{e}"))' for e in sorted(g.path_entries)]
    return "\n".join(parts)


def _future(g: Gathering, order: list[Module]) -> str:
    """``from __future__`` names: the test's own, and ``annotations`` when a copied part has it
    and the test has no annotations that would change their meaning."""

    def of(module: Module) -> set[str]:
        return {
            alias.name
            for unit in module.units
            if isinstance(unit.node, ast.ImportFrom) and unit.node.module == "__future__"
            for alias in unit.node.names
        }

    names = of(g.test)
    own = [g.text(m, u) for m, u in g.units() if m is g.test]
    if not any("->" in text or "@dataclass" in text for text in own):
        for module in order:
            names |= of(module) & {"annotations"}
    return "\nfrom __future__ import " + ", ".join(sorted(names)) if names else ""


def _refuse_conflicts(g: Gathering, order: list[Module]) -> None:
    """Two modules may bind one name only by the same import."""
    owners: dict[str, tuple[str, Import | None]] = {}
    for module in order:
        for unit in module.units:
            bound: dict[str, Import | None] = {}
            if unit.is_import:
                for item in _imports_of(g, module, unit):
                    top = item[0].partition(".")[0]
                    bound[item[2] or item[1] or top] = item if item[1] or item[2] else (top, "", "")
            elif unit.index in g.kept.get(module.path, ()):
                bound = dict.fromkeys(unit.binds - {"_", "pytestmark"})
            for name, entry in bound.items():
                path, known = owners.setdefault(name, (module.path, entry))
                if path != module.path and (entry is None or entry != known):
                    raise CannotCut(f"{name} means different things in the files it needs")


def header_for(node: Node, node_id: str, commit: str | None) -> str:
    """The comment that says where the test comes from; printable whatever the id holds."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in node_id)[:180]
    at = f" at commit {commit[:12]}" if commit else ""
    return f"# Cut from {shown}{at}."


def data_files(g: Gathering, source: str) -> set[str]:
    """Files of the tree that string literals of the cut seem to name."""
    found = set()
    for text in strings_in(source):
        if 2 < len(text) < 200 and "\n" not in text and "." in text:
            for folder in (g.node.folder, posixpath.dirname(g.node.folder), ""):
                path = posixpath.normpath(posixpath.join(folder, text))
                if not path.startswith(("..", "/")) and g.read(path) is not None:
                    found.add(path)
    return found - {g.node.path}
