"""Replace a function of the standard library wherever the target has already got hold of it.

``from time import localtime`` was done long before the fork, so that a new attribute of the module
alone would reach too little. All modules are looked through once, in the parent; a child then
only sets what was found. What holds a function elsewhere (a default value, a closure) keeps it:
the amplifier then reaches less, and does no harm.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import sys

_found = {}  # id of a function -> (it, [(dictionary, name), ...])


def everywhere(original, replacement):
    """Let every global name that stands for ``original`` stand for ``replacement``."""
    for namespace, name in places(original):
        namespace[name] = replacement


def places(original):
    """(dictionary, name) of each global name of any module that stands for ``original``."""
    held = _found.get(id(original))
    if held is None:
        prepare([original])
        held = _found[id(original)]
    return held[1]


def prepare(originals):
    """Look all modules through for these functions at once."""
    for one in originals:
        _found[id(one)] = (one, [])
    for module in list(sys.modules.values()):
        namespace = getattr(module, "__dict__", None)
        # Ours keep the originals, and a lazy module must not be woken by looking at it.
        if type(namespace) is not dict or str(namespace.get("__name__")).startswith("improve_"):
            continue
        for name, value in list(namespace.items()):
            if id(value) in _found:
                _found[id(value)][1].append((namespace, name))
