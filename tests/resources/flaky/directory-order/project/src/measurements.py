"""Sums up files of measurements, one file a day and station."""

import itertools
from pathlib import Path


def station(path):
    """'north' of 'north-2026-03-01.txt'."""
    return path.name.partition("-")[0]


def totals(folder):
    """Sum of all files of a station, by station."""
    found = {}
    for name, files in itertools.groupby(Path(folder).iterdir(), key=station):
        found[name] = sum(int(file.read_text()) for file in files)
    return found
