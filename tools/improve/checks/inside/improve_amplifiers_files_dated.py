"""Times of files move with the clock: the kernel writes them by its own, which stays.

Without this a cache that asks how old its file is would be wrong for our reason, not for its own.
``DirEntry.stat`` is left: it is written in C.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import functools
import os

from improve_amplifiers_places import everywhere

TIMES = ("atime", "mtime", "ctime")
_utime = os.utime
NAMED = (_utime, os.stat, os.lstat, os.fstat)


def move(by):
    """Whoever asks for the times of a file sees them ``by`` nanoseconds later."""
    for usual in NAMED[1:]:
        everywhere(usual, later(usual, by))

    @functools.wraps(_utime)
    def utime(path, times=None, **named):
        if times is not None:
            times = tuple(one - by / 1e9 for one in times)
        elif "ns" in named:
            named["ns"] = tuple(one - by for one in named["ns"])
        return _utime(path, **({"times": times} if times is not None else {}), **named)

    everywhere(_utime, utime)


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
