"""What ``setup.cfg`` and ``setup.py`` declare; the latter is read as text and never run."""

from __future__ import annotations

import ast
import configparser
from typing import Any

from improve.workbench.declared.files import lines, strings


def ini(text: str) -> configparser.ConfigParser:
    """An INI file as far as it can be read; a broken one is empty."""
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return configparser.ConfigParser(interpolation=None)
    return parser


def listed(value: str | None) -> tuple[str, ...]:
    """A multi-line value, one requirement a line, comments aside."""
    parts = (line.split(" #", 1)[0].strip() for line in lines(value or ""))
    return tuple(part for part in parts if part and not part.startswith("#"))


def from_cfg(text: str) -> dict[str, Any]:
    """``setup.cfg`` in the words of ``setup()``'s keywords; keys that it lacks are absent."""
    parser = ini(text)
    found: dict[str, Any] = {}
    if parser.has_section("metadata"):
        name = parser.get("metadata", "name", fallback=None)
        found.update({"name": name} if name else {})
    if parser.has_section("options"):
        for key in ("install_requires", "tests_require"):
            if value := listed(parser.get("options", key, fallback="")):
                found[key] = value
        if wanted := parser.get("options", "python_requires", fallback=None):
            found["python_requires"] = wanted
    if parser.has_section("options.extras_require"):
        section = parser["options.extras_require"]
        found["extras_require"] = {key: listed(section[key]) for key in section}
    return found


_KEYS = ("name", "install_requires", "extras_require", "tests_require", "python_requires")


def from_setup_py(text: str) -> dict[str, Any]:
    """The keywords of the ``setup()`` call whose values are plain literals or names of such."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    names: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            _assign(node.targets[0], value_of(node.value, names), names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) == "setup":
            for keyword in node.keywords:
                value = value_of(keyword.value, names)
                if keyword.arg is None and isinstance(value, dict):
                    found.update({k: v for k, v in value.items() if k in _KEYS})
                elif keyword.arg in _KEYS and value is not None:
                    found[keyword.arg] = value
    return _typed(found)


def _typed(found: dict[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {}
    for key, value in found.items():
        if key == "extras_require" and isinstance(value, dict):
            clean[key] = {str(k): strings(v) for k, v in value.items()}
        elif key in {"name", "python_requires"} and isinstance(value, str):
            clean[key] = value
        elif key in {"install_requires", "tests_require"}:
            clean[key] = strings(value)
    return clean


def _assign(target: ast.expr, value: Any, names: dict[str, Any]) -> None:
    if isinstance(target, ast.Name):
        names[target.id] = value
    elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
        owner, key = names.get(target.value.id), value_of(target.slice, names)
        if isinstance(owner, dict) and isinstance(key, str):
            owner[key] = value if value is not None else ()


def _called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def value_of(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of a literal expression; None for what only running it could tell."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return _sequence(node.elts, names)
    if isinstance(node, ast.Dict):
        items = [(k, v) for k, v in zip(node.keys, node.values, strict=True) if k]
        pairs = [(value_of(k, names), value_of(v, names)) for k, v in items]
        return {k: v if v is not None else () for k, v in pairs if isinstance(k, str)}
    if isinstance(node, ast.Subscript):
        owner, key = value_of(node.value, names), value_of(node.slice, names)
        return owner.get(key) if isinstance(owner, dict) and isinstance(key, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = value_of(node.left, names), value_of(node.right, names)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        return strings(left) + strings(right)
    if isinstance(node, ast.Call) and _called(node.func) == "dict" and not node.args:
        return {k.arg: value_of(k.value, names) or () for k in node.keywords if k.arg}
    return None


def _sequence(elements: list[ast.expr], names: dict[str, Any]) -> tuple[str, ...]:
    made: list[str] = []
    for element in elements:
        inner = element.value if isinstance(element, ast.Starred) else element
        made += strings(value_of(inner, names))
    return tuple(made)
