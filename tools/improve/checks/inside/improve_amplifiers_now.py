"""A clock of its own for this process: whoever asks Python what time it is gets that one's answer.

The target has done ``from datetime import datetime`` and ``def wait(clock=time.time)`` long ago.
So ``time.time`` gets another body where CPython keeps it (its method table, as time-machine does),
``datetime`` another ``now`` in the type's own dictionary, and what can be named in a module is
replaced there. What cannot be done is looked at before anything is written, and tried out after.
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import contextlib
import datetime
import sys
import time

import improve_amplifiers_files_dated as files_dated
from improve_amplifiers_draw import Unable, stays
from improve_amplifiers_places import everywhere

NO_ARGUMENTS = 0x0004  # METH_NOARGS of CPython's methodobject.h
_monotonic, _localtime, _gmtime = time.monotonic_ns, time.localtime, time.gmtime
_strftime, _ctime, _asctime = time.strftime, time.ctime, time.asctime
_gettime, _gettime_ns = time.clock_gettime, time.clock_gettime_ns
NAMED = (
    _gettime, _gettime_ns, _localtime, _gmtime, _ctime, _asctime, _strftime, *files_dated.NAMED,
)  # fmt: skip
LEAP, MOST, BETWEEN = 1_500_000_000, 30_000_000_000, 20_000  # nanoseconds
_held = []  # C calls these: they must not be collected


def ready():
    """Import what takes long, before the runs are forked; without it, ``run`` says so."""
    with contextlib.suppress(ImportError):
        import ctypes  # noqa: F401


def run(begin, speed):
    """From now on the clock starts at ``begin`` (seconds since 1970) and goes ``speed`` times as
    fast, for a while. Raises ``Unable`` where this interpreter keeps its functions in another way."""
    try:
        import ctypes
    except ImportError as error:
        raise Unable("this interpreter has no ctypes, which sets the clock") from error
    if sys.implementation.name != "cpython":
        raise Unable("the clock can be set in CPython only")
    tables = [table_of(ctypes, one) for one in (time.time, time.time_ns)]
    real, first = time.time_ns(), int(begin * 1e9)
    now_ns = true_from(first) if speed == 1 else ahead_of(first, speed)
    for table, body in zip(tables, (lambda *_: now_ns() / 1e9, lambda *_: now_ns())):  # noqa: B905
        made = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_void_p)(body)
        _held.append(made)
        table.value = ctypes.cast(made, ctypes.c_void_p).value
    name_in_modules(now_ns)
    give_types(ctypes, now_ns)
    if speed == 1:
        files_dated.move(first - real)
    if abs(time.time() - now_ns() / 1e9) > 60 or datetime.datetime.now().year != (
        _localtime(now_ns() / 1e9).tm_year
    ):
        raise Unable("this interpreter did not take the clock")
    stays(lambda: (time.time, datetime.datetime, datetime.date, time.localtime))


def true_from(first):
    """A clock that begins at ``first`` (nanoseconds) and goes as time does."""
    start = _monotonic()
    return lambda: first + _monotonic() - start


def ahead_of(first, speed):
    """One that goes ``speed`` times as fast, by LEAP at most from one look to the next, and MOST in
    all: a machine is late by seconds, and what is to last for a minute may well be there after one.

    No lock: the target may fork beside a thread that holds it, and a signal's handler looks, too. A
    step is taken by the one whose ``setdefault`` comes first; whoever is late looks again.
    """
    start = _monotonic()
    steps = {0: (start, 0)}  # number -> when it was taken, and how far ahead the clock is since

    def now_ns():
        while True:
            number = len(steps) - 1
            last, ahead = steps[number]
            at = _monotonic()
            if ahead == MOST or at - last < BETWEEN:
                if len(steps) - 1 == number:  # no handler of a signal looked meanwhile
                    return first + at - start + ahead
                continue
            step = (at, min(MOST, ahead + min(LEAP, (at - last) * (speed - 1))))
            if steps.setdefault(number + 1, step) is step:
                return first + at - start + step[1]

    return now_ns


def table_of(ctypes, function):
    """Where CPython looks up the body of a function without arguments."""
    table = ctypes.c_void_p.from_address(id(function) + object.__basicsize__).value
    name = ctypes.c_char_p.from_address(table).value
    word = ctypes.sizeof(ctypes.c_void_p)
    flags = ctypes.c_int.from_address(table + 2 * word).value
    if name != function.__name__.encode() or flags != NO_ARGUMENTS:
        raise Unable("this interpreter keeps its clock in another way")
    return ctypes.c_void_p.from_address(table + word)


def name_in_modules(now_ns):
    def clock_gettime(which):
        return now_ns() / 1e9 if which == time.CLOCK_REALTIME else _gettime(which)

    def clock_gettime_ns(which):
        return now_ns() if which == time.CLOCK_REALTIME else _gettime_ns(which)

    def localtime(seconds=None):
        return _localtime(now_ns() / 1e9 if seconds is None else seconds)

    def gmtime(seconds=None):
        return _gmtime(now_ns() / 1e9 if seconds is None else seconds)

    def ctime(seconds=None):
        return _ctime(now_ns() / 1e9 if seconds is None else seconds)

    def asctime(*moment):
        return _asctime(*(moment or (localtime(),)))

    def strftime(form, *moment):
        return _strftime(form, *(moment or (localtime(),)))

    mine = (clock_gettime, clock_gettime_ns, localtime, gmtime, ctime, asctime, strftime)
    for old, new in zip(NAMED, mine):  # noqa: B905
        everywhere(old, new)


def give_types(ctypes, now_ns):
    """``now``, ``utcnow`` and ``today`` of the types themselves, that everybody has references to."""
    import gc

    def seconds():
        return now_ns() // 1000 / 1e6

    def now(cls, tz=None):
        return cls.fromtimestamp(seconds(), tz)

    def utcnow(cls):
        return cls.fromtimestamp(seconds(), datetime.timezone.utc).replace(tzinfo=None)

    def today(cls):
        return cls.fromtimestamp(seconds())

    changes = {datetime.datetime: (now, utcnow, today), datetime.date: (today,)}
    for kind, methods in changes.items():
        own = gc.get_referents(kind.__dict__)
        if len(own) != 1 or type(own[0]) is not dict:
            raise Unable("this interpreter keeps the methods of datetime in another way")
        for one in methods:
            own[0][one.__name__] = classmethod(one)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
