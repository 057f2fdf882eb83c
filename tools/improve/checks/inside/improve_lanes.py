"""Children that each do one run: forked ahead of time, told to go, read, ended, in order.

A fork costs as much as a small test. So the next child is forked while one runs, and waits: at any
moment just ``at_once`` of them run, and nothing is shared but the processors. What comes out is in
the order of the seeds, as quick runs must not be counted before slow ones: a rate that is stopped
at a number of failures would be too high.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import collections
import contextlib
import json
import os
import resource
import select
import signal
import time
import warnings

import improve_pages
import improve_warm

END = b'"end": true}\n'
GO = b"g"
MANY = 50  # runs for which it is worth to look at one of them closely
READY_SECONDS = 0.05  # until a child has come to where it waits
STAYS_SECONDS = 2  # for as long as it is looked at
sleep, leave = time.sleep, os._exit  # before a test replaces them


class Child:
    """A forked process with a process group of its own that waits for ``go``.

    ``bring`` is called by it before (``improve_pages``); with ``stays`` it does not end by itself.
    """

    def __init__(self, seed, work, held=(), bring=None, stays=False):
        self.seed, self.data, self.end = seed, b"", None
        self.done = self.late = False
        self.read, write = os.pipe()
        wait, self.go_on = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # threads that are alive end at the exec that follows
            self.pid = os.fork()
        if self.pid == 0:
            foreign = [self.read, self.go_on, *held]
            inside(work, seed, write, wait, foreign, bring, stays)
        os.close(write)
        os.close(wait)

    def descriptors(self):
        return [self.read, self.go_on]

    def go(self, limit):
        """Let it run, for at most ``limit`` seconds."""
        with contextlib.suppress(OSError):  # it has died; its pipe says so
            os.write(self.go_on, GO)
        self.end = time.monotonic() + limit

    def take(self):
        """Read what there is; whether it has come to its end."""
        chunk = os.read(self.read, 65536)
        self.data += chunk
        return not chunk or self.data.endswith(END)

    def close(self):
        """End it and all that it started; what it told, as dicts."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(OSError):
                kill(self.pid, signal.SIGKILL)
        for descriptor in self.descriptors():
            os.close(descriptor)
        os.waitpid(self.pid, 0)
        lines = self.data.split(b"\n")
        return [json.loads(one) for one in lines if one.startswith(b"{") and one.endswith(b"}")]


def inside(work, seed, write, wait, foreign, bring, stays):
    """All that a child does. It never returns: nothing may run on as a second server."""
    try:
        for descriptor in foreign:
            os.close(descriptor)
        os.setsid()
        memory = (improve_warm.MEMORY_BYTES, improve_warm.MEMORY_BYTES)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, memory)
        if bring:
            bring()
        work(seed, write, wait)
    except BaseException as error:
        tell(write, {"crash": repr(error)[:300]})
    finally:
        try:
            if stays:
                sleep(STAYS_SECONDS)
        finally:
            leave(0)


def told_to_go(wait):
    """Wait for it; the process ends when its server does not live any more."""
    if os.read(wait, 1) != GO:
        os._exit(0)
    os.close(wait)


def tell(descriptor, *entries):
    text = encoded(*entries)
    while text:  # a pipe takes 64 KiB at a time
        text = text[os.write(descriptor, text) :]


def encoded(*entries):
    return "".join(json.dumps(one, default=repr) + "\n" for one in entries).encode()


def runs(work, seeds, limit, deadline, at_once=1, ahead=1, forks=True):
    """Yield (seed, what it told, whether it took too long) for each of ``seeds``, in their order.

    ``work(seed, write, wait)`` is called in the child, which ``forks`` says that it stays one of this
    process. Ends after the first one beyond ``deadline``. Closing the generator ends all children.
    """
    bring, many = None, forks and at_once == 1 and len(seeds) >= MANY
    seeds, begun, waiting = iter(seeds), collections.deque(), collections.deque()
    try:
        if many:
            begun.append(Child(next(seeds), work, stays=True))
            bring = improve_pages.bringing(written(begun[0], limit))
        while True:
            let_go(begun, waiting, at_once, limit)
            while len(waiting) < ahead + at_once - active(begun) and len(begun) < 4 * at_once:
                seed = next(seeds, None)
                if seed is None:
                    break
                held = [one for child in (*begun, *waiting) for one in child.descriptors()]
                waiting.append(Child(seed, work, held, bring))
                let_go(begun, waiting, at_once, limit)
            if not begun:
                return
            wait(begun)
            if begun[0].done:
                # The next one goes when this one is gone, with its ports and files, and judged:
                # what is killed half way leaves halves behind.
                first = begun.popleft()
                yield first.seed, first.close(), first.late
                if time.monotonic() >= deadline:
                    return
    finally:
        for one in (*begun, *waiting):
            one.close()


def written(child, limit):
    """The pages that ``child`` writes to in its run; nothing else goes on meanwhile."""
    time.sleep(READY_SECONDS)
    before = improve_pages.own(child.pid)
    child.go(limit)
    while not child.done:
        wait([child])
    return improve_pages.own(child.pid) - before


def active(begun):
    return sum(not one.done for one in begun)


def let_go(begun, waiting, at_once, limit):
    while waiting and active(begun) < at_once:
        begun.append(waiting.popleft())
        begun[-1].go(limit)


def wait(begun):
    """Until one of those that run has told something or has taken too long."""
    running = {one.read: one for one in begun if not one.done}
    if not running:
        return
    ends = [one.end for one in running.values()]
    poll = select.poll()
    for descriptor in running:
        poll.register(descriptor, select.POLLIN)
    for descriptor, _event in poll.poll(max(0.0, min(ends) - time.monotonic()) * 1000 + 1):
        running[descriptor].done = running[descriptor].take()
    now = time.monotonic()
    for one in running.values():
        if not one.done and now >= one.end:
            one.done = one.late = True
