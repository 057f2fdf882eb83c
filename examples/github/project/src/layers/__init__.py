"""Configuration in layers: what is laid later wins, mappings are merged key by key."""

from .merge import merge
from .variables import from_variables

__all__ = ["from_variables", "merge"]
