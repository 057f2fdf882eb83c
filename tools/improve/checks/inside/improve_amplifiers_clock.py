"""Amplifiers for time: what day it is, how fast the clock runs, which zone, which locale.

``time.monotonic`` and ``perf_counter`` stay true, and so does what other processes see. Times of
files move with the clock (``improve_amplifiers_now``).
Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import calendar
import locale
import os
import time

import improve_amplifiers_now as clock_of
from improve_amplifiers_draw import Unable, generator, stays

DAYS = (  # ends of months, leap days and a year before one, the year's turn, changes of daylight
    # saving, and a plain one
    (2025, 1, 31), (2025, 2, 28), (2028, 2, 29), (2027, 3, 31), (2026, 4, 30), (2027, 8, 31),
    (2026, 12, 31), (2027, 1, 1), (2028, 3, 1), (2027, 3, 14), (2027, 3, 28), (2027, 10, 31),
    (2027, 11, 7), (2026, 6, 17), (2027, 3, 1),
)  # fmt: skip
# Whole seconds before the turn: a run that is quicker than that sees the same at each replay.
HOURS = ((0, 0, 1), (0, 30, 0), (1, 59, 59), (2, 30, 0), (12, 0, 0), (23, 30, 0), (23, 59, 59))
SPEEDS = (60, 600, 5000)  # seconds of the clock in one second
ZONES = {  # name -> what the C library takes where the machine has no list of zones
    "Pacific/Kiritimati": "<+14>-14",
    "Etc/GMT+12": "<-12>12",
    "Asia/Kathmandu": "<+0545>-5:45",
    "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
    "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3",
    "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "America/St_Johns": "NST3:30NDT,M3.2.0,M11.1.0",
    "UTC": "UTC0",
}
FARTHEST = ("Pacific/Kiritimati", "Etc/GMT+12")  # drawn twice as often
LOCALES = ("C", "C.UTF-8", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8", "fr_FR.UTF-8", "ja_JP.UTF-8",
           "en_US.UTF-8", "ar_SA.UTF-8", "de_DE.ISO-8859-1")  # fmt: skip


def clock(seed, _tree):
    """Another day and hour: by the local clock in half of the runs, by that of UTC in the others."""
    draw = generator("clock", seed)
    moment = (*draw.choice(DAYS), *draw.choice(HOURS))
    local = draw.random() < 0.5
    begin = time.mktime if local else calendar.timegm
    clock_of.run(begin((*moment, 0, 0, -1)), 1)
    told = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}".format(*moment)
    return {"clock": told + ("" if local else "Z")}


def fast_clock(seed, _tree):
    """The clock on the wall runs faster than time goes by, as one that is being set does."""
    speed = generator("speed", seed).choice(SPEEDS)
    clock_of.run(time.time(), speed)
    return {"clock_speed": speed}


def zone(seed, _tree):
    """Another zone, for this process and those that it starts."""
    if not hasattr(time, "tzset"):
        raise Unable("this platform cannot change its zone while a program runs")
    name = generator("zone", seed).choice([*ZONES, *FARTHEST])
    listed = any(os.path.exists(top + "/" + name) for top in zone_folders())  # noqa: PTH110
    os.environ["TZ"] = name if listed else ZONES[name]
    time.tzset()
    stays(lambda: (os.environ.get("TZ"), time.tzname, time.timezone))
    return {"zone": name}


def zone_folders():
    return (os.environ.get("TZDIR") or "/usr/share/zoneinfo",)


def another_locale(seed, _tree):
    """One of the locales that the machine has."""
    there = [name for name in LOCALES if usable(name)]
    if len(there) < 2:
        raise Unable("this machine has no second locale")
    name = generator("locale", seed).choice(there)
    locale.setlocale(locale.LC_ALL, name)
    os.environ["LC_ALL"] = name
    stays(lambda: locale.setlocale(locale.LC_ALL))
    return {"locale": name}


def usable(name):
    held = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    locale.setlocale(locale.LC_ALL, held)
    return True
