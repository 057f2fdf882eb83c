"""What all amplifiers share: their draws, their delays, and how one says that it cannot work here.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

# ruff: noqa: S311 (what is drawn is noise, not a secret)

import random
import time

MOST_DELAY = 0.1  # seconds in one run, all threads together
sleep, now = time.sleep, time.monotonic  # before a test replaces them


class Unable(Exception):
    """This amplifier can do nothing in this interpreter or on this machine; the text says why."""


def generator(name, seed):
    """The numbers of one amplifier in one run: equal for equal seeds, its own for each name."""
    return random.Random(f"{name}-{seed}")


class Delays:
    """Delays one run, by ``most`` seconds in all, so that what is only slow still passes."""

    def __init__(self, most=MOST_DELAY):
        self.left = most

    def pause(self, seconds):
        """Sleep so long (0 lets another thread run), while the run may still be delayed."""
        if self.left > 0:
            before = now()
            sleep(min(seconds, self.left))
            self.left -= now() - before

    def take(self, seconds):
        """So many of these seconds may be added to a timer."""
        taken = min(seconds, max(0.0, self.left))
        self.left -= taken
        return taken
