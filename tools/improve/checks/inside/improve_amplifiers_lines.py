"""Pauses between the lines of the project's own code, at a cost that has an end.

Following a line costs many times what the line does. So a line that has had its pauses only lets
another thread run now and then, and a function that goes on like this is no longer followed: a test
that computes must not become one that hangs.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os
import threading

from improve_amplifiers_draw import Delays, at_end, generator, sleep

MOST_TIMES = 1000  # a line may pause a thread
SELDOM = 0.05  # of the times after that, another thread may run
MOST_IDLE = 50000  # lines of a function that were followed in vain in one thread; some 20 ms
MOST_IDLE_ALL = 1000000  # of all functions
MOST_TOLD = 9
INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


class Lines:
    """The tracer of one run."""

    def __init__(self, seed, tree, share, longest):
        self.seed, self.top, self.share, self.longest = seed, tree + os.sep, share, longest
        self.delays, self.own = Delays(), threading.local()
        # By the identity of a code object, which is held so that no other gets it: whether it is
        # followed at all. Hashing the code itself is slow.
        self.held, self.follows, self.left_out, self.all_idle = [], {}, set(), 0
        at_end(self.reached)

    def call(self, frame, _event, _argument):
        """What the interpreter calls for each new frame: the tracer of its lines, or None."""
        follows = self.follows.get(id(frame.f_code))
        if follows is None:
            follows = self.found(frame.f_code)
        if not follows or self.all_idle > MOST_IDLE_ALL:
            return None
        own = self.own
        if not hasattr(own, "line"):
            own.idle = {}  # lines that were followed in vain, by their code object
            own.line = self.of_thread(threading.current_thread().name, own.idle)
        return own.line if own.idle.get(id(frame.f_code), 0) <= MOST_IDLE else None

    def found(self, code):
        name = code.co_filename
        follows = name.startswith(self.top) and not any(one in name for one in INSTALLED)
        self.held.append(code)
        self.follows[id(code)] = follows
        return follows

    def of_thread(self, name, idle):
        """The tracer of the lines of one thread, with draws and counts of its own."""
        draw, seen, pause = generator(self.seed, name).random, {}, self.delays.pause
        share, longest = self.share, self.longest

        def line(frame, event, _argument):
            if event != "line":
                return line
            place = (id(frame.f_code), frame.f_lineno)
            times = seen[place] = seen.get(place, 0) + 1
            if times > MOST_TIMES:
                self.in_vain(frame, idle)
                if draw() < SELDOM:
                    sleep(0)
            elif draw() < share and not pause(draw() * longest, place, times):
                seen[place] = MOST_TIMES
            return line

        return line

    def in_vain(self, frame, idle):
        code = id(frame.f_code)
        self.all_idle += 1
        idle[code] = idle.get(code, 0) + 1
        if idle[code] > MOST_IDLE or self.all_idle > MOST_IDLE_ALL:
            frame.f_trace_lines = False
            self.left_out.add(code)

    def reached(self):
        """'lines 1' when a function was left out, 'lines 1' and 'lines 2' when two were."""
        told = [f"lines {n + 1}" for n in range(min(len(self.left_out), MOST_TOLD))]
        return told + (["lines"] if self.all_idle > MOST_IDLE_ALL else [])
