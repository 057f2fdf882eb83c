"""``improve.yaml`` -> plain values with the line of each key. Pure.

Read as a node tree first: the plain loader forgets lines, takes the last of two equal keys, and
follows aliases, by which a small file becomes a huge value.
"""

from __future__ import annotations

import yaml

from improve.errors import RequestError

MAX_CHARACTERS = 64_000
MAX_DEPTH = 4


def read_settings_text(text: str, shown: str) -> dict[str, tuple[object, int]]:
    """Key -> (value, line from 1). Raises RequestError that names ``shown`` and the line."""
    if len(text) > MAX_CHARACTERS:
        raise RequestError(
            f"{shown}: has {len(text)} characters; allowed: {MAX_CHARACTERS}",
            "it holds settings alone; start again from the one that is shipped",
        )
    try:
        return _pairs(text, shown)
    except yaml.YAMLError as error:
        raise _not_yaml(error, shown) from None
    except ValueError as error:  # e.g. the date 2026-02-31
        cure = "put that value into quotes"
        raise RequestError(f"{shown}: a value cannot be read: {str(error)[:120]}", cure) from None


def _refuse_bombs(text: str, shown: str) -> None:
    # Before a tree is built: aliases multiply, and the scanner is quadratic in open brackets.
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise RequestError(f"{shown}: nested too deeply", "each setting is one line")
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise RequestError(f"{shown}: line {line}: an alias (*)", "write the value itself")


def _pairs(text: str, shown: str) -> dict[str, tuple[object, int]]:
    _refuse_bombs(text, shown)
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:  # empty, or comments alone
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise RequestError(
                f"{shown}: is no list of settings", "write lines like  ladder: [embedded]"
            )
        pairs: dict[str, tuple[object, int]] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a list or object)"
            if key in pairs:
                what = f"{shown}: line {line}: '{key[:60]}' is there already (line {pairs[key][1]})"
                raise RequestError(what, "keep one of the two")
            pairs[key] = (loader.construct_object(value_node, deep=True), line)
        return pairs
    finally:
        loader.dispose()


def _not_yaml(error: yaml.YAMLError, shown: str) -> RequestError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f"line {mark.line + 1}:{mark.column + 1}: " if mark else ""
    problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
    return RequestError(
        f"{shown}: {place}not YAML: {ascii(str(problem)[:160])[1:-1]}",
        "each setting is one line, 'name: value', without indent; tabs are not allowed",
    )
