"""Gives every forked run its own randomness, as a process of its own would have it.

A fork copies the state of all random generators, so without this every run would draw the same
numbers. A generator that the product seeded itself is left alone: its numbers are no accident.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import contextlib
import gc
import random
import sys

PINNED = {}  # id -> generator that was given a seed; held, so that no id is used twice
_found = []  # the generators that there were when the runs began


def watch():
    """Notice from now on which generators are given a seed."""
    usual = random.Random.seed

    def seed(self, a=None, *rest, **named):
        if a is not None:
            PINNED[id(self)] = self
        return usual(self, a, *rest, **named)

    random.Random.seed = seed
    random.seed = random._inst.seed
    PINNED.clear()


def ready():
    """Look for all generators, once: it touches each object, and a fork then copies its page."""
    _found[:] = [one for one in gc.get_objects() if isinstance(one, random.Random)]


def reseed(number):
    """Seed what nobody has seeded, each generator in another way, all by ``number``."""
    for position, one in enumerate(_found):
        if id(one) not in PINNED and not isinstance(one, random.SystemRandom):
            one.seed(f"{number}-{position}")
            PINNED.pop(id(one), None)
    if id(random._inst) not in PINNED:
        random.seed(f"{number}-module")
    loaded = sys.modules.get("numpy.random") or getattr(sys.modules.get("numpy"), "random", None)
    if loaded is not None:
        with contextlib.suppress(Exception):
            loaded.seed(number % 2**32)
