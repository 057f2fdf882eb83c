"""The guard: rules that a diff must satisfy before anything in it is executed."""

from improve.guard.change import inspect_change
from improve.guard.commands import Ran, ran
from improve.guard.hunks import each_taken_back, hunks_of
from improve.guard.judges import judges
from improve.guard.literals import asks_for_inputs
from improve.guard.protected import role_of
from improve.guard.rules import inspect

__all__ = [
    "Ran",
    "asks_for_inputs",
    "each_taken_back",
    "hunks_of",
    "inspect",
    "inspect_change",
    "judges",
    "ran",
    "role_of",
]
