"""The sandbox: everything that others wrote (target code, agents' commands) runs inside of it."""

from improve.workbench.sandbox.fence import Fence, Gate, Limits
from improve.workbench.sandbox.holding import Held, Level
from improve.workbench.sandbox.levels import best, works
from improve.workbench.sandbox.policy import (
    CURE,
    Policy,
    decide,
    decided,
    from_options,
    held,
    in_words,
    level,
    shares_loopback,
    warning,
)

__all__ = [
    "CURE",
    "Fence",
    "Gate",
    "Held",
    "Level",
    "Limits",
    "Policy",
    "best",
    "decide",
    "decided",
    "from_options",
    "held",
    "in_words",
    "level",
    "shares_loopback",
    "warning",
    "works",
]
