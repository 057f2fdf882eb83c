"""Which tests make another one fail, or pass? Bisection over the tests before it.

Words as in the literature: a *victim* passes alone and fails after a *polluter*; a *brittle* test
fails alone and passes after a *state-setter*; a *cleaner* between polluter and victim lets the
victim pass again (Shi et al., iFixFlakies, ESEC/FSE 2019; Lam et al., iDFlakies, ICST 2019).

Pure: a suite run is a question to ``fails``, so that the number of questions can be counted.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import math
import random

SURE = 0.01  # a failing half is taken for a passing one at most so often
MOST_REPEATS = 12
MOST_CULPRITS = 8


def orders(count, victim, modules, most):
    """(name, tests before the victim) of orders worth a try, the likeliest to tell first.

    ``modules`` gives each test's file. But for the first, the victim comes last: then all that
    could change its outcome has had its turn, unless a cleaner came after it.
    """
    others = [one for one in range(count) if one != victim]
    yield "the order of collection", others[:victim]
    yield "the order of collection, this test last", others
    yield "the reverse order, this test last", others[::-1]
    for seed in range(1, most + 1):
        draw = random.Random(seed)  # noqa: S311 - to be replayed, not to be secret
        if seed % 2:
            mixed = list(others)
            draw.shuffle(mixed)
            yield f"shuffled with seed {seed}, this test last", mixed
        else:
            names = list(dict.fromkeys(modules[one] for one in others))
            draw.shuffle(names)
            place = {name: position for position, name in enumerate(names)}
            by_module = sorted(others, key=lambda one: place[modules[one]])
            yield f"files shuffled with seed {seed}, this test last", by_module


def repeats(failures, runs):
    """How often a part has to be run before its passing is no luck."""
    if failures >= runs:
        return 1
    rate = max(failures, 1) / float(runs)
    return min(MOST_REPEATS, math.ceil(math.log(SURE) / math.log(1 - rate)))


def shortest(before, fails):
    """The least part of ``before``, in its order, after which the victim still fails; or None.

    ``before`` itself is known to fail, nothing before the victim to pass. One culprit takes
    log2(n) + 1 questions, k of them about k * log2(n) more.
    """
    one = _halved(before, fails)
    if fails([one]):
        return [one]
    return _several(before, fails)


def _halved(before, fails):
    """The last culprit, if one is enough.

    No cleaner stands between it and the victim, or ``before`` would pass. So the half that holds
    it fails, and when the later half passes, the earlier one need not be run.
    """
    while len(before) > 1:
        middle = len(before) // 2
        before = before[middle:] if fails(before[middle:]) else before[:middle]
    return before[0]


def _several(before, fails):
    """Where one is not enough: each time the last start from which it still fails is needed."""
    kept, rest = [], list(before)
    while rest and len(kept) < MOST_CULPRITS:
        low, high = 0, len(rest)  # kept + rest[low:] fails, kept + rest[high:] passes
        while high - low > 1:
            middle = (low + high) // 2
            if fails(kept + rest[middle:]):
                low = middle
            else:
                high = middle
        kept, rest = [*kept, rest[low]], rest[low + 1 :]
        if fails(kept):
            return _needed(kept, fails)
    return None  # the answers contradict each other: it is no matter of the order


def _needed(kept, fails):
    for one in list(kept):
        less = [other for other in kept if other != one]
        if less and fails(less):
            kept = less
    return kept


def cleaner(others, passes):
    """A test that lets the victim pass after its polluter; None when none was found.

    ``passes(part)``: the victim passes with ``part`` between the polluter and itself.
    """
    for between in (others, others[::-1]):
        if between and passes(between):
            found = shortest(between, passes)
            return found[0] if found and len(found) == 1 else None
    return None
