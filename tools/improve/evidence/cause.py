"""Name the cause of an intermittent failure by what moved its rate. Pure.

An experiment, not a reading of the code: the test ran plainly and under a setting, anew after that
one was chosen; if it failed so much more often there that chance does not explain it, what the
setting perturbs is the cause. Classifying by the text of a test is little better than guessing (arXiv 2602.05465).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from improve.records import Comparison, Failure, Rate
from improve.records.cause import Cause, CauseName

SURE = 0.01  # likelier than this it may be chance, and the setting is not the cause
FAILED_BY_SEED = 0.001
# Those that say most come first: in `switch-interval+busy-processors` it is the threads.
MEANINGS: dict[str, CauseName] = {
    "order": "order dependence",
    "hash-seed": "hash order",
    "zone": "zone",
    "clock": "time",
    "fast-clock": "time",
    "locale": "platform",
    "directory-order": "platform",
    "gc-threshold": "resource",
    "file-limit": "resource",
    "memory-limit": "resource",
    "socket-pieces": "network",
    "timer-jitter": "async order",
    "thread-noise": "race",
    "switch-interval": "race",
    "workers": "timeout",
    "busy-processors": "timeout",
}
LOAD = {"workers", "busy-processors"}
DOES = {
    "order dependence": "runs after others",
    "hash order": "strings hash in another way",
    "zone": "it runs in another time zone",
    "time": "the clock shows another time",
    "platform": "a promise that no platform gives is not kept",
    "resource": "a resource is short",
    "network": "a stream arrives in pieces",
    "async order": "timers fire late",
    "race": "threads are switched at other places",
    "timeout": "the processors are busy",
}
_FLOATS = re.compile(r"(-?\d{1,18}\.\d{1,20})(?:e-?\d{1,3})? == (-?\d{1,18}\.\d{1,20})")


def cause(
    chosen: Rate | None,
    compared: Comparison | None,
    observed: Failure | None,
    replayed: tuple[int, int] = (0, 0),
    alone: Rate | None = None,
) -> Cause:
    """What brings the failure about.

    ``chosen`` is the setting that shows it, ``compared`` the same beside plain runs, both made after
    the choice; ``replayed`` how many of the failing seeds were run once more, and how many of these
    failed again. ``alone`` is what was seen of a test that fails beside others like it when the
    processors are as busy without them, if that changes nothing.
    """
    if chosen is None or not chosen.failures:
        return Cause(because=("It was not seen to fail often enough under any setting.",))
    found: Cause | None = None
    if chosen.amplifier == "plain":
        if _by_seed(chosen, replayed):
            name: CauseName = "randomness" if chosen.how == "fork" else "not known"
            found = Cause(name=name, because=(_drawn(chosen),))
    elif compared is not None and compared.chance <= SURE:
        found = _moved(compared, observed, replayed, alone)
    if found is None:
        told = f"It fails in {_of(chosen)}, and nothing that was perturbed surely moved that rate."
        found = Cause(because=(told,))
    return found.model_copy(
        update={
            "amplifier": chosen.amplifier,
            "replayed": replayed[0],
            "failed_again": replayed[1],
            "shared": shares(chosen),
            "because": (*found.because, *_again(replayed)),
        }
    )


def _moved(
    compared: Comparison,
    observed: Failure | None,
    replayed: tuple[int, int],
    alone: Rate | None,
) -> Cause:
    chosen, plain = compared.setting, compared.plain
    parts = chosen.amplifier.split("+")
    part = next((one for one in MEANINGS if one in parts), "")
    name: CauseName = MEANINGS.get(part, "not known")
    why = [
        f"It fails in {_of(chosen)} when {DOES.get(name, 'it is perturbed')} "
        f"({chosen.amplifier}), and in {_of(plain)} when nothing is perturbed, both run anew after "
        f"that setting was chosen: by chance, that happens in {_share(compared.chance)} of cases."
    ]
    if plain.failures == plain.runs and part != "hash-seed":
        name = "not known"  # it fails less often under it: that tells what helps, and not why
    if name == "hash order" and not by_hash(chosen, replayed):
        name = "not known"
        why.append(_at_import(replayed))
    kind = (observed.error_type or "").rpartition(".")[2] if observed else ""
    if name == "timeout" and kind in ("OSError", "PermissionError", "BlockingIOError"):
        name = "resource"
        why.append(f"What it fails with is {kind}: the runs take something from each other.")
    elif name == "timeout" and alone is not None:
        name = "resource"
        why.append(
            f"When the processors are as busy without other runs of it, it fails in {_of(alone)}: "
            "the runs take something from each other."
        )
    if observed and nearly_equal(observed.message) and name in ("hash order", "platform"):
        name = "float"
        why.append("The two values differ in their last digits: the order of a sum.")
    return Cause(name=name, because=tuple(why), chance=compared.chance)


def by_hash(chosen: Rate, replayed: tuple[int, int]) -> bool:
    """Whether all runs with the hash seeds that failed failed again, which is no accident.

    Each run under that setting is a new interpreter: what else is decided when modules are imported,
    by a generator that nothing has seeded yet, comes out as it likes there, at any hash seed.
    """
    tried, again = replayed
    return again == tried and (chosen.failures / max(1, chosen.runs)) ** tried <= SURE


def _at_import(replayed: tuple[int, int]) -> str:
    tried, again = replayed
    if again < tried:
        return (
            "How strings hash is not what decides it: with the same hash seed a new interpreter "
            "passes as well. So it is decided at import, or by what each new interpreter meets."
        )
    return (
        "Too few of the failing runs could be repeated to tell how strings hash from what else a "
        "new interpreter decides at import."
    )


def _by_seed(chosen: Rate, replayed: tuple[int, int]) -> bool:
    """Every seed that failed failed again, which at this rate is no accident."""
    tried, again = replayed
    rate = chosen.failures / max(1, chosen.runs)
    return tried >= 3 and again == tried and rate**tried <= FAILED_BY_SEED


def _drawn(chosen: Rate) -> str:
    # A fork hashes strings like all others; an interpreter takes that from the run's seed as well.
    how = "" if chosen.how == "fork" else " or by how strings hash, which the run's seed decides"
    return (
        f"It fails in {_of(chosen)}, and whether it does is decided by the seed of the random "
        f"generators{how or ' alone'}."
    )


def _again(replayed: tuple[int, int]) -> tuple[str, ...]:
    tried, again = replayed
    if not tried:
        return ()
    every = "all of them failed again" if again == tried else f"{again} of them failed again"
    return (f"{tried} times a failing run was repeated with its own seed: {every}.",)


def shares(rate: Rate) -> tuple[str, ...]:
    """What the failing runs drew alike, in words: one value, a few, or a range."""
    if len(rate.settings) < 2:
        return ()
    told = []
    for name in dict.fromkeys(key for one in rate.settings for key in one):
        values = [one[name] for one in rate.settings if name in one]
        if len(values) == len(rate.settings):
            told.append(f"{name.replace('_', ' ')}: {_alike(values)}")
    days = [str(one.get("clock", "")) for one in rate.settings]
    if all(len(one) > 10 and one[8:10] >= "28" for one in days):
        told.append("the day of the month is the 28th or later in all of them")
    return tuple(told[:6])


def _alike(values: Sequence[str | int | float]) -> str:
    known = list(dict.fromkeys(values))
    if len(known) == 1:
        return f"{known[0]} in all of them"
    if len(known) <= 5:
        return ", ".join(map(str, known))
    numbers = [one for one in known if isinstance(one, (int, float))]
    if len(numbers) == len(known):
        return f"{min(numbers):g} to {max(numbers):g}"
    return ", ".join(map(str, known[:5])) + ", …"


def nearly_equal(message: str) -> bool:
    """'assert 0.30000000000000004 == 0.3': equal but for rounding."""
    found = _FLOATS.search(message[:4096])
    if not found:
        return False
    one, other = float(found.group(1)), float(found.group(2))
    return one != other and math.isclose(one, other, rel_tol=1e-9)


def _of(rate: Rate) -> str:
    return f"{rate.failures} of {rate.runs} runs"


def _share(chance: float) -> str:
    return "less than 0.1 %" if chance < 0.001 else f"{100 * chance:.1f} %"
