"""What all amplifiers share: their draws, their delays, and what they tell of themselves.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

# ruff: noqa: S311 (what is drawn is noise, not a secret)

import random
import time

MOST_DELAY = 0.1  # seconds in one run that all places share
PLACE_DELAY = 0.01  # of these for one place: a loop must not use up what others need
FIRST_TIMES = 3  # so often each place delays each thread whatever the others took
FIRST_DELAY = 0.3  # seconds in one run for these
COST = 0.00005  # what even the shortest delay is charged with
sleep = time.sleep  # before a test replaces it
_ends = []  # asked at the end of a run


class Unable(Exception):
    """This amplifier can do nothing in this interpreter or on this machine; the text says why."""


def generator(name, seed):
    """The numbers of one amplifier in one run: equal for equal seeds, its own for each name."""
    return random.Random(f"{name}-{seed}")


def at_end(ask):
    """When the run ends, ``ask()`` gives the names of what came to an early end in it."""
    _ends.append(ask)


def stays(ask, name="hook"):
    """``name`` has come to an early end if ``ask()`` gives another value then than now."""
    held = ask()
    at_end(lambda: [] if ask() == held else [name])


def ended_early():
    """What perturbed only a part of this run: its delays were used up, or it was taken away.

    A fix under which that happens, and before which it did not, is not shown by such runs.
    """
    return sorted({name for ask in _ends for name in answered(ask)})


def answered(ask):
    try:
        return ask()
    except Exception:  # who broke what is asked has broken what it is asked of
        return ["hook"]


class Delays:
    """Delays one run, by so much in all that what is only slow still passes.

    A place is a line, a timer or a connection. Each delays a thread the first times it comes by;
    further times share what is left, none of them more than its part. So neither a long loop nor
    somebody who wants it to can use up what another place needs.
    """

    def __init__(self, most=MOST_DELAY):
        self.left, self.first, self.taken = most, FIRST_DELAY, {}
        at_end(self.reached)

    def take(self, seconds, place, times):
        """So many of these seconds; None when this place has had its part. ``times`` counts from 1."""
        if times <= FIRST_TIMES and self.first > 0:
            self.first -= max(COST, seconds)
            return seconds
        taken = self.taken.get(place, 0.0)
        seconds = min(seconds, self.left, PLACE_DELAY - taken)
        if self.left <= 0 or taken >= PLACE_DELAY:
            return None
        self.left -= max(COST, seconds)
        self.taken[place] = taken + max(COST, seconds)
        return seconds

    def pause(self, seconds, place, times):
        """Sleep for as long as that (0 lets another thread run); whether this place may go on."""
        taken = self.take(seconds, place, times)
        if taken is not None:
            sleep(taken)
        return taken is not None

    def reached(self):
        """Which of the limits the run has come to."""
        limits = {"delays": self.left, "first delays": self.first}
        return [name for name, left in limits.items() if left <= 0]
