"""Amplifiers for what runs at the same time: threads and the timers of asyncio.

When threads are switched and how late a timer fires is open; that callbacks of ``call_soon`` run
in their order is documented, so that order stays (docs.python.org, asyncio-eventloop).
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os
import sys
import threading

from improve_amplifiers_draw import Delays, at_end, generator, stays
from improve_amplifiers_lines import Lines

NOISE = ((0.02, 0.004), (0.1, 0.001), (0.3, 0.0003), (0.3, 0.0))  # share of lines, longest delay
INTERVALS = (1e-6, 1e-5, 1e-4)  # seconds; the interpreter's own is 5e-3
LATEST = 0.002
DEEP = 12  # frames of asyncio between a timer and who asked for it, at most


def thread_noise(seed, tree):
    """Threads pause between lines of the project's own code."""
    share, longest = generator("noise", seed).choice(NOISE)
    lines, replaced = Lines(seed, tree, share, longest), []
    for module in (sys, threading):
        settrace = module.settrace
        settrace(lines.call)
        module.settrace = noted(settrace, lines.call, replaced)
    stays(lambda: (sys.gettrace(), getattr(threading, "_trace_hook", None)))
    at_end(lambda: replaced)
    return {"pause_share": share, "pause_seconds": longest}


def noted(settrace, ours, replaced):
    """Notes that another tracer took the place of ours (a new thread sets that), if only once."""

    def note(function):
        replaced[:] = ["hook"] if function != ours else replaced
        return settrace(function)

    return note


def switch_interval(seed, _tree):
    """The interpreter offers to switch threads up to five thousand times as often."""
    interval = generator("switch", seed).choice(INTERVALS)
    sys.setswitchinterval(interval)
    stays(sys.getswitchinterval)
    return {"switch_seconds": interval}


def timer_jitter(seed, _tree):
    """Timers of asyncio fire up to 2 ms late; never early, and the order of callbacks stays."""
    import asyncio

    draw, delays, times = generator("timers", seed), Delays(), {}
    usual, top = asyncio.BaseEventLoop.call_at, os.path.dirname(asyncio.__file__)  # noqa: PTH120

    def call_at(self, when, callback, *args, **named):
        place = asked_by(sys._getframe(1), top)
        times[place] = times.get(place, 0) + 1
        late = delays.take(draw.random() * LATEST, place, times[place]) or 0.0
        return usual(self, when + late, callback, *args, **named)

    asyncio.BaseEventLoop.call_at = call_at
    stays(lambda: asyncio.BaseEventLoop.call_at)
    return {"timer_late_seconds": LATEST}


def asked_by(frame, top):
    """The line that asked for a timer: the first one outside of asyncio."""
    for _ in range(DEEP):
        if frame.f_back is None or not frame.f_code.co_filename.startswith(top):
            break
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
