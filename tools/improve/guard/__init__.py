"""The guard: rules that a diff must satisfy before anything in it is executed."""

from improve.guard.change import inspect_change
from improve.guard.hunks import each_taken_back, hunks_of
from improve.guard.protected import role_of
from improve.guard.rules import inspect

__all__ = ["each_taken_back", "hunks_of", "inspect", "inspect_change", "role_of"]
