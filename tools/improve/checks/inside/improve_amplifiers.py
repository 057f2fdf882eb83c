"""Amplifiers: what makes a failure that happens now and then happen more often.

Each perturbs only what the platform leaves open (when threads are switched, how late a timer is,
how strings hash), draws all that it does from the run's seed, and delays a run by a tenth of a
second at most, so that code which is right passes. Each is a function of (seed, tree) that returns
what it drew, as a flat dict of words and numbers, or raises ``Unable``. Names are joined by ``+``.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import improve_amplifiers_load as load
import improve_amplifiers_threads as threads
from improve_amplifiers_draw import Unable

__all__ = ["AMPLIFIERS", "Unable", "begin", "burn", "names", "needs_processes"]


def plain(_seed, _tree):
    """Nothing is perturbed."""
    return {}


AMPLIFIERS = {
    "plain": plain,
    "thread-noise": threads.thread_noise,
    "switch-interval": threads.switch_interval,
    "timer-jitter": threads.timer_jitter,
    "busy-processors": load.busy_processors,
    "hash-seed": load.hash_seed,
}


def names(setting):
    """The amplifiers of a setting: ``"clock+zone"`` -> ``["clock", "zone"]``."""
    return setting.split("+")


def begin(setting, seed, tree):
    """Perturb this process from now on; what was drawn for it. Raises ``Unable``."""
    drawn = {}
    for name in names(setting):
        drawn.update(AMPLIFIERS[name](seed, tree))
    return drawn


def needs_processes(setting):
    """How strings hash is decided when an interpreter starts."""
    return "hash-seed" in names(setting)


def burn(setting):
    """Keep the processors busy, if ``setting`` says so."""
    if "busy-processors" in names(setting):
        load.burn()
