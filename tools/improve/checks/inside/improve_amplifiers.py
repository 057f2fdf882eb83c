"""Amplifiers: what makes a failure that happens now and then happen more often.

Each perturbs only what the platform leaves open (when threads are switched, how late a timer is,
how strings hash), draws all that it does from the run's seed, and delays a run by so little that
code which is right passes (``improve_amplifiers_draw``; following lines takes 0.3 s more at most).
Each is a function of (seed, tree) that returns what it drew, as a flat dict of words and numbers,
or raises ``Unable``. Names are joined by ``+``.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import improve_amplifiers_clock as clock
import improve_amplifiers_load as load
import improve_amplifiers_places as places
import improve_amplifiers_sockets as sockets
import improve_amplifiers_system as system
import improve_amplifiers_threads as threads
from improve_amplifiers_draw import Unable, ended_early

__all__ = [
    "AMPLIFIERS",
    "Unable",
    "at_once",
    "begin",
    "burn",
    "ended_early",
    "hashing",
    "names",
    "needs_processes",
    "ready",
]


def plain(_seed, _tree):
    """Nothing is perturbed."""
    return {}


AMPLIFIERS = {  # in the order in which those of one setting begin: a clock may be a zone's
    "plain": plain,
    "hash-seed": load.hash_seed,
    "workers": load.workers,
    "busy-processors": load.busy_processors,
    "zone": clock.zone,
    "clock": clock.clock,
    "fast-clock": clock.fast_clock,
    "locale": clock.another_locale,
    "directory-order": system.directory_order,
    "gc-threshold": system.gc_threshold,
    "file-limit": system.file_limit,
    "memory-limit": system.memory_limit,
    "socket-pieces": sockets.socket_pieces,
    "timer-jitter": threads.timer_jitter,
    "switch-interval": threads.switch_interval,
    "thread-noise": threads.thread_noise,
}


def names(setting):
    """The amplifiers of a setting: ``"clock+zone"`` -> ``["zone", "clock"]``."""
    asked = setting.split("+")
    unknown = [one for one in asked if one not in AMPLIFIERS]
    if unknown:
        raise Unable("there is no amplifier " + unknown[0] + "; there are " + ", ".join(AMPLIFIERS))
    return [one for one in AMPLIFIERS if one in asked]


def ready(setting):
    """Do once, before runs are forked, what each of them would otherwise do again."""
    if set(names(setting)) & {"clock", "fast-clock", "directory-order"}:
        places.prepare([*clock.clock_of.NAMED, *system.NAMED])
        clock.clock_of.ready()


def begin(setting, seed, tree):
    """Perturb this process from now on; what was drawn for it. Raises ``Unable``."""
    drawn = {}
    for name in names(setting):
        drawn.update(AMPLIFIERS[name](seed, tree))
    return drawn


def needs_processes(setting):
    """How strings hash is decided when an interpreter starts."""
    return "hash-seed" in names(setting)


def hashing(seed):
    """PYTHONHASHSEED of the run with this seed."""
    return load.hash_seed(seed, None)["hash_seed"]


def at_once(setting):
    """So many runs share the machine at any moment."""
    return load.at_once() if "workers" in names(setting) else 1


def burn(setting):
    """Keep the processors busy, if ``setting`` says so."""
    if "busy-processors" in names(setting):
        load.burn()
