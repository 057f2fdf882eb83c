"""One place that a test can leave something in: compared by content, and put back.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import collections

DEEPEST, WIDEST = 4, 5000
CONTAINERS = (dict, list, set, collections.deque)
SCALARS = (str, bytes, int, float, complex, bool, type(None))


class Place:
    """What a name held when it was looked at; how it is put back, and taken away again.

    ``origin`` is the file of the target that the name is in, '' for none.
    """

    def __init__(self, kind, value, put, drop=None, origin=""):
        self.kind, self.value, self.put, self.drop = kind, value, put, drop
        self.origin = origin
        self.print = printed(value)
        self.copy = copied(value)

    def restore(self):
        if isinstance(self.value, CONTAINERS):
            refill(self.value, self.copy)
        if self.put is not None:
            self.put(self.value)


def printed(value, depth=0):
    """What tells whether a value has changed: the content of containers, else what it is."""
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, SCALARS):
        return type(value).__name__, value
    if isinstance(value, CONTAINERS) and depth < DEEPEST and len(value) < WIDEST:
        if isinstance(value, dict):
            inner = [(printed(k, DEEPEST), printed(v, depth + 1)) for k, v in list(value.items())]
            return id(value), tuple(inner)
        inner = [printed(one, depth + 1) for one in list(value)]
        return id(value), frozenset(inner) if isinstance(value, set) else tuple(inner)
    return "object", id(value)


def copied(value):
    if not isinstance(value, CONTAINERS) or len(value) >= WIDEST:
        return None
    if isinstance(value, dict):
        return [(key, one, copied(one)) for key, one in list(value.items())]
    return [(None, one, copied(one)) for one in list(value)]


def refill(value, copy):
    """The content that a container had, and what the containers in it had."""
    if copy is None:
        return
    for _, one, inner in copy:
        if inner is not None:
            refill(one, inner)
    value.clear()
    if isinstance(value, dict):
        value.update((key, one) for key, one, _ in copy)
    elif isinstance(value, set):
        value.update(one for _, one, _ in copy)
    else:
        value.extend(one for _, one, _ in copy)
