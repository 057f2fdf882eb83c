"""Durations as people write them."""

from durations.clock import clock
from durations.parse import seconds

__all__ = ["clock", "seconds"]
