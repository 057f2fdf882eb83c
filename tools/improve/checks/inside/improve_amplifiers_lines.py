"""Pauses between the lines of the project's own code, at a cost that has an end.

Following a line costs many times what the line does. So a line that has had its pauses is only
counted, and a function in which nothing else is left to pause is no longer followed: a test that
computes must not become one that hangs.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import os
import threading

from improve_amplifiers_draw import Delays, at_end, generator

MOST_TIMES = 1000  # a line may pause a thread
MOST_IDLE = 50000  # lines of a function that were followed in vain; some 20 ms
MOST_IDLE_ALL = 1000000  # of all functions
MOST_TOLD = 9
INSTALLED = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)


class Lines:
    """The tracer of one run."""

    def __init__(self, seed, tree, share, longest):
        self.seed, self.top, self.share, self.longest = seed, tree + os.sep, share, longest
        self.delays, self.own = Delays(), threading.local()
        # By the identity of a code object, which is held so that no other gets it: whether it is
        # followed, and how many of its lines were so in vain. Hashing the code itself is slow.
        self.held, self.follows, self.idle = [], {}, {}
        self.all_idle = self.left_out = 0
        at_end(self.reached)

    def call(self, frame, _event, _argument):
        """What the interpreter calls for each new frame: the tracer of its lines, or None."""
        follows = self.follows.get(id(frame.f_code))
        if follows is None:
            follows = self.found(frame.f_code)
        if not follows or self.all_idle > MOST_IDLE_ALL:
            return None
        line = getattr(self.own, "line", None)
        if line is None:
            line = self.own.line = self.of_thread(threading.current_thread().name)
        return line

    def found(self, code):
        name = code.co_filename
        follows = name.startswith(self.top) and not any(one in name for one in INSTALLED)
        self.held.append(code)
        self.follows[id(code)] = follows
        return follows

    def of_thread(self, name):
        """The tracer of the lines of one thread, with draws and counts of its own."""
        draw, seen, pause = generator(self.seed, name).random, {}, self.delays.pause
        share, longest = self.share, self.longest

        def line(frame, event, _argument):
            if event != "line":
                return line
            place = (id(frame.f_code), frame.f_lineno)
            times = seen[place] = seen.get(place, 0) + 1
            if times > MOST_TIMES:
                self.in_vain(frame)
            elif draw() < share and not pause(draw() * longest, place, times):
                seen[place] = MOST_TIMES
            return line

        return line

    def in_vain(self, frame):
        code = id(frame.f_code)
        self.all_idle += 1
        idle = self.idle[code] = self.idle.get(code, 0) + 1
        if idle > MOST_IDLE or self.all_idle > MOST_IDLE_ALL:
            frame.f_trace_lines = False
            self.left_out += self.follows[code]
            self.follows[code] = False

    def reached(self):
        """'lines 1' when a function was left out, 'lines 1' and 'lines 2' when two were."""
        told = [f"lines {n + 1}" for n in range(min(self.left_out, MOST_TOLD))]
        return told + (["lines"] if self.all_idle > MOST_IDLE_ALL else [])
