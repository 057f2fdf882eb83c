"""The guard: rules that a diff must satisfy before anything in it is executed."""

from improve.guard.rules import inspect
from improve.guard.protected import role_of

__all__ = ["inspect", "role_of"]
