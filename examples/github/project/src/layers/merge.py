"""One mapping out of many."""

import collections
import copy


def merge(*layers):
    """All ``layers`` in one dictionary; the layers themselves stay as they are."""
    merged = {}
    for layer in layers:
        lay(merged, layer)
    return merged


def lay(below, above):
    """Lay ``above`` over ``below``, in place."""
    for key, value in above.items():
        if isinstance(below.get(key), dict) and isinstance(value, collections.Mapping):
            lay(below[key], value)
        else:
            below[key] = copy.deepcopy(value)
