"""Has the memory copied that a run will write to, before the run begins.

After a fork each page is copied when it is first written to, and CPython writes to every object
that it looks at, since it counts references: most of what a small test's run costs. Which pages
those are, one run shows; the children that come after it have them copied in one call, while they
wait for their turn. Nothing else differs: a page that is not brought is copied when it is needed.
Linux 6.13 and newer, where process_madvise(2) takes MADV_POPULATE_WRITE for the caller's own memory;
elsewhere, and where a sandbox refuses it, nothing is brought.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import array
import mmap
import os

PROCESS_MADVISE, POPULATE_WRITE = 440, 23
# proc_pid_pagemap(5): the page is there, no part of a file, and mapped by no other process.
PRESENT, FILE, EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56
MOST_SPANS = 1024  # IOV_MAX
MOST_BYTES = 1 << 29  # of one mapping; what is larger is an arena that nobody fills


def own(pid):
    """Addresses of the pages that the process ``pid`` shares with no other; none where it is not told."""
    found = set()
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/pagemap", "rb", 0) as pages:  # noqa: PTH123
            for line in maps:
                place, rights = line.split()[:2]
                start, end = (int(one, 16) for one in place.split("-"))
                if rights == "rw-p" and end - start <= MOST_BYTES:
                    found.update(exclusive(pages, start, end))
    except (OSError, ValueError):
        return set()
    return found


def exclusive(pages, start, end):
    size, wanted = mmap.PAGESIZE, PRESENT | EXCLUSIVE
    pages.seek(start // size * 8)
    entries = array.array("Q", pages.read((end - start) // size * 8))
    return [
        start + size * number
        for number, entry in enumerate(entries)
        if entry & (wanted | FILE) == wanted
    ]


def spans(pages):
    """[[address, bytes]] of neighbours."""
    found = []
    for page in sorted(pages):
        if found and sum(found[-1]) == page:
            found[-1][1] += mmap.PAGESIZE
        else:
            found.append([page, mmap.PAGESIZE])
    return found[:MOST_SPANS]


def bringing(pages):
    """A function for a child that has these pages copied now; None where that cannot be had."""
    found = spans(pages)
    if not found:
        return None
    try:
        import ctypes

        call = ctypes.CDLL(None).syscall
        itself = os.pidfd_open
    except (ImportError, OSError, AttributeError):
        return None
    flat = [number for span in found for number in span]
    vector = (ctypes.c_size_t * len(flat))(*flat)  # of struct iovec: base, length
    number, count = ctypes.c_long(PROCESS_MADVISE), ctypes.c_size_t(len(found))
    advice, flags = ctypes.c_int(POPULATE_WRITE), ctypes.c_uint(0)

    def bring():
        try:
            descriptor = itself(os.getpid())
        except OSError:
            return -1
        done = call(number, ctypes.c_int(descriptor), vector, count, advice, flags)
        os.close(descriptor)
        return done

    return bring if bring() > 0 else None
