"""Amplifiers for what runs at the same time: threads and the timers of asyncio.

When threads are switched and how late a timer fires is open; that callbacks of ``call_soon`` run
in their order is documented, so that order stays (docs.python.org, asyncio-eventloop).
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os
import sys
import threading

from improve_amplifiers_draw import MOST_DELAY, Delays, generator

NOISE = ((0.02, 0.004), (0.1, 0.001), (0.3, 0.0003), (0.3, 0.0))  # share of lines, longest delay
INTERVALS = (1e-6, 1e-5, 1e-4)  # seconds; the interpreter's own is 5e-3
LATEST = 0.002


def thread_noise(seed, tree):
    """Threads pause between lines of the project's own code."""
    share, longest = generator("noise", seed).choice(NOISE)
    delays, top = Delays(MOST_DELAY), tree + os.sep
    own = threading.local()

    def line(frame, event, _argument):
        if event == "line":
            draw = getattr(own, "draw", None)
            if draw is None:
                draw = own.draw = generator(seed, threading.current_thread().name)
            if draw.random() < share and delays.left > 0:
                delays.pause(draw.random() * longest)
        return line

    def call(frame, _event, _argument):
        return line if frame.f_code.co_filename.startswith(top) else None

    threading.settrace(call)
    sys.settrace(call)
    return {"pause_share": share, "pause_seconds": longest}


def switch_interval(seed, _tree):
    """The interpreter offers to switch threads up to five thousand times as often."""
    interval = generator("switch", seed).choice(INTERVALS)
    sys.setswitchinterval(interval)
    return {"switch_seconds": interval}


def timer_jitter(seed, _tree):
    """Timers of asyncio fire up to 2 ms late; never early, and the order of callbacks stays."""
    import asyncio

    draw, delays = generator("timers", seed), Delays(MOST_DELAY)
    usual = asyncio.BaseEventLoop.call_at

    def call_at(self, when, callback, *args, **named):
        late = delays.take(draw.random() * LATEST)
        return usual(self, when + late, callback, *args, **named)

    asyncio.BaseEventLoop.call_at = call_at
    return {"timer_late_seconds": LATEST}
