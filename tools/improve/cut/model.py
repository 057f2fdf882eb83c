"""The words of this room: a cut, the style it was made in, and why one could not be made."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

Read = Callable[[str], "str | None"]
"""Gives the text of a file of the target's tree by its '/' path, None when there is none."""


class CannotCut(Exception):
    """This way of cutting does not work for this test; the message says why."""


@dataclass(frozen=True)
class Cut:
    """One self-contained test file.

    ``node_id_suffix`` is what follows ``<new file>::``; ``needs`` are other files of the tree
    that must be there (support modules still imported, data files); ``dropped`` names what was
    left out on purpose; ``notes`` say how it was cut, in words.
    """

    source: str
    node_id_suffix: str
    needs: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Style(NamedTuple):
    """How boldly to cut.

    ``inline``: copy what support modules of the tests hold instead of importing it.
    ``plugin``: load the conftest.py files as plugins instead of copying their fixtures (for
    conftests whose hooks matter). ``whole``: keep everything of the module but other tests.
    ``again``: the source is a cut already, so ``__file__`` means what it says.
    """

    inline: bool = True
    plugin: bool = False
    whole: bool = False
    again: bool = False


class Node(NamedTuple):
    """A pytest node id, taken apart: ``tests/test_a.py::TestX::test_y[1-a]``."""

    path: str
    names: tuple[str, ...]
    param: str | None

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.path)


def parse_node(node_id: str) -> Node:
    """Take a node id apart; a parameter id may itself hold '::', '[' and blanks."""
    path, _, rest = node_id.replace("\\", "/").partition("::")
    if "[" in rest:
        # The backslashes of a parameter id are its own: take it from the text as given.
        raw = node_id.partition("::")[2]
        rest, _, param = raw.partition("[")
        param = param[:-1] if param.endswith("]") else param
        return Node(path, tuple(rest.split("::")), param)
    return Node(path, tuple(rest.split("::")) if rest else (), None)
