"""Times of files move with the clock: the kernel writes them by its own, which stays.

Without this a cache that asks how old its file is would be wrong for our reason, not for its own.
``DirEntry.stat`` is written in C, so ``os.scandir`` gives entries that ask it.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import functools
import os

from improve_amplifiers_places import everywhere

TIMES = ("atime", "mtime", "ctime")
_utime = os.utime
_scandir = os.scandir
STATS = (os.stat, os.lstat, os.fstat)
NAMED = (_utime, _scandir, *STATS)


def move(by):
    """Whoever asks for the times of a file sees them ``by`` nanoseconds later."""
    for usual in STATS:
        everywhere(usual, later(usual, by))
    everywhere(_scandir, lambda path=".": Scan(path, by))

    @functools.wraps(_utime)
    def utime(path, times=None, **named):
        if times is not None:
            times = tuple(one - by / 1e9 for one in times)
        elif "ns" in named:
            named["ns"] = tuple(one - by for one in named["ns"])
        return _utime(path, **({"times": times} if times is not None else {}), **named)

    everywhere(_utime, utime)


class Entry:
    """One of ``os.scandir``, with the times of its file ``by`` nanoseconds later."""

    __class__ = os.DirEntry  # for who asks what it is

    def __init__(self, entry, by):
        self.entry, self.by = entry, by

    def stat(self, **named):
        return later(self.entry.stat, self.by)(**named)

    def __getattr__(self, name):
        return getattr(self.entry, name)

    def __fspath__(self):
        return self.entry.path

    def __repr__(self):
        return repr(self.entry)


class Scan:
    """What ``os.scandir`` gives: an iterator that is closed, by ``with`` or by its end."""

    def __init__(self, path, by):
        self.entries, self.by = _scandir(path), by
        self.close = self.entries.close

    def __iter__(self):
        return self

    def __next__(self):
        return Entry(next(self.entries), self.by)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()


def later(usual, by):
    @functools.wraps(usual)
    def stat(*place, **named):
        found = usual(*place, **named)
        moved = {
            name: getattr(found, name)
            for name in dir(found)
            if name.startswith("st_") and name[3:] not in ("mode", "ino", "dev", "nlink", "uid")
        }
        for name in TIMES:
            nanoseconds = getattr(found, "st_" + name + "_ns") + by
            moved["st_" + name + "_ns"], moved["st_" + name] = nanoseconds, nanoseconds / 1e9
        whole = [moved["st_" + name + "_ns"] // 10**9 for name in TIMES]
        return type(found)((*found[:7], *whole), moved)

    return stat
