"""Amplifiers for what the system gives: the order of a folder, memory, open files, collection.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import gc
import os
import resource
import zlib

from improve_amplifiers_draw import Unable, generator, stays
from improve_amplifiers_places import everywhere

_listdir, _scandir = NAMED = os.listdir, os.scandir
THRESHOLDS = (1, 10, 100, 0)  # 0: the collector never comes by itself
FREE_FILES = (10, 16, 32, 64)
FREE_MEGABYTES = (64, 128, 256, 512)


def directory_order(seed, _tree):
    """Folders list their files in another order: the same each time, as a real disk has it."""

    def place(name):
        text = name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name
        return zlib.crc32(text, seed & 0xFFFFFFFF) * 2654435761 % 4294967291

    def listdir(path="."):
        return sorted(_listdir(path), key=place)

    class Scan:  # what os.scandir gives: an iterator that is closed, by `with` or by its end
        def __init__(self, path="."):
            with _scandir(path) as entries:
                self.left = sorted(entries, key=lambda one: place(one.name), reverse=True)

        def __iter__(self):
            return self

        def __next__(self):
            if not self.left:
                raise StopIteration
            return self.left.pop()

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            self.close()

        def close(self):
            self.left = []

    everywhere(_listdir, listdir)
    everywhere(_scandir, Scan)
    in_old_pathlib(listdir, Scan)
    stays(lambda: (os.listdir, os.scandir))
    return {"directory_order": seed}


def in_old_pathlib(listdir, scandir):
    """Up to Python 3.10 pathlib keeps both in a class of its own."""
    import pathlib

    accessor = getattr(pathlib, "_NormalAccessor", None)
    for name, value in (("listdir", listdir), ("scandir", scandir)):
        if hasattr(accessor, name):
            setattr(accessor, name, staticmethod(value))


def gc_threshold(seed, _tree):
    """The collector of cycles comes far more often, or never."""
    threshold = generator("gc", seed).choice(THRESHOLDS)
    gc.freeze()  # what was there before the run would be looked at each time
    if threshold:
        # The oldest generation is looked at once it has grown by a quarter; from now on, of nothing.
        gc.collect()
        gc.set_threshold(threshold, 1, 1)
    else:
        gc.disable()
    stays(lambda: (gc.isenabled(), gc.get_threshold()))
    return {"gc_threshold": threshold}


def file_limit(seed, _tree):
    """Few more files can be open than are open now."""
    free = generator("files", seed).choice(FREE_FILES)
    try:
        used = {int(one) for one in _listdir("/proc/self/fd")}
    except OSError as error:
        raise Unable("open files cannot be counted here") from error
    limit = 0
    while limit - sum(one < limit for one in used) < free:
        limit += 1
    lower(resource.RLIMIT_NOFILE, limit)
    return {"free_files": free}


def memory_limit(seed, _tree):
    """Little more memory can be had than is used now."""
    free = generator("memory", seed).choice(FREE_MEGABYTES)
    try:
        with open("/proc/self/status") as stream:  # noqa: PTH123 - a test may have replaced pathlib
            used = next(int(line.split()[1]) for line in stream if line.startswith("VmData:"))
    except (OSError, StopIteration) as error:
        raise Unable("the memory in use cannot be read here") from error
    lower(resource.RLIMIT_DATA, used * 1024 + (free << 20))
    return {"free_megabytes": free}


def lower(which, limit):
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(which, (limit, hard))
    stays(lambda: resource.getrlimit(which))
