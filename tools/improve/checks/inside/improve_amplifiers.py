"""Amplifiers: what makes a failure that happens now and then happen more often.

Each perturbs only what the platform leaves open (when threads are switched, how late a timer is,
how strings hash), draws all that it does from the run's seed, and delays a run by a tenth of a
second at most, so that code which is right passes. Names are joined by ``+``.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

# ruff: noqa: S311 (what is drawn is noise, not a secret)

import os
import random
import sys
import threading
import time

MOST_DELAY = 0.1  # seconds in one run, all threads together
NOISE = ((0.02, 0.004), (0.1, 0.001), (0.3, 0.0003), (0.3, 0.0))  # share of lines, longest delay
_sleep, _now = time.sleep, time.monotonic  # before a test replaces them


def thread_noise(seed, tree):
    """Threads pause between lines of the project's own code."""
    share, longest = random.Random(f"noise-{seed}").choice(NOISE)
    left, top = [MOST_DELAY], tree + os.sep
    own = threading.local()

    def line(frame, event, _argument):
        if event == "line":
            draw = getattr(own, "draw", None)
            if draw is None:
                name = f"{seed}-{threading.current_thread().name}"
                draw = own.draw = random.Random(name)
            if draw.random() < share and left[0] > 0:
                before = _now()
                _sleep(draw.random() * longest)
                left[0] -= _now() - before
        return line

    def call(frame, _event, _argument):
        return line if frame.f_code.co_filename.startswith(top) else None

    threading.settrace(call)
    sys.settrace(call)


def switch_interval(seed, tree):
    """The interpreter offers to switch threads up to five thousand times as often."""
    sys.setswitchinterval(random.Random(f"switch-{seed}").choice((1e-6, 1e-5, 1e-4)))


def timer_jitter(seed, tree):
    """Timers of asyncio fire up to 2 ms late; never early, and the order of callbacks stays."""
    import asyncio

    draw, left = random.Random(f"timers-{seed}"), [MOST_DELAY]
    usual = asyncio.BaseEventLoop.call_at

    def call_at(self, when, callback, *args, **named):
        late = min(draw.random() * 0.002, max(0.0, left[0]))
        left[0] -= late
        return usual(self, when + late, callback, *args, **named)

    asyncio.BaseEventLoop.call_at = call_at


def nothing(seed, tree):
    """What is done outside of the run: see ``burn``, and PYTHONHASHSEED of a new process."""


AMPLIFIERS = {
    "plain": nothing,
    "thread-noise": thread_noise,
    "switch-interval": switch_interval,
    "timer-jitter": timer_jitter,
    "busy-processors": nothing,
    "hash-seed": nothing,
}


def begin(name, seed, tree):
    """Perturb this process from now on, as ``name`` says and ``seed`` determines."""
    for part in name.split("+"):
        AMPLIFIERS[part](seed, tree)


def needs_processes(name):
    """How strings hash is decided when an interpreter starts."""
    return "hash-seed" in name.split("+")


def burn(name):
    """Keep all processors busy until this process ends, if ``name`` says so."""
    if "busy-processors" not in name.split("+"):
        return
    parent = os.getpid()
    for _ in range(2 * (os.cpu_count() or 1)):
        if os.fork() == 0:
            while os.getppid() == parent:
                for _ in range(100000):
                    pass
            os._exit(0)
