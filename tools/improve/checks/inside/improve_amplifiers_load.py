"""Amplifiers outside of the run: how many run at once, busy processors, and how strings hash.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os

HASH_SEEDS = 4294967296


def busy_processors(_seed, _tree):
    """Two processes for each processor do nothing but work; see ``burn``."""
    return {"burners": burners()}


def workers(_seed, _tree):
    """Far more runs at the same time than there are processors: one network, one disk for all."""
    return {"workers": at_once()}


def hash_seed(seed, _tree):
    """Strings hash in another way: what PYTHONHASHSEED of the new interpreter was."""
    return {"hash_seed": seed % HASH_SEEDS}


def at_once():
    return max(8, 4 * (os.cpu_count() or 1))


def burners():
    return 2 * (os.cpu_count() or 1)


def burn():
    """Keep all processors busy until this process ends."""
    parent = os.getpid()
    for _ in range(burners()):
        if os.fork() == 0:
            while os.getppid() == parent:
                for _ in range(100000):
                    pass
            os._exit(0)
