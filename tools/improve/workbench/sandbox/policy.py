"""Which level is used: the team's wish, what the machine can do, and where we are.

The wish is decided once for a process, from the settings, and everything that is fenced later
goes by it. Without a decision it is 'auto', which fences, so that forgetting opens nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from improve.errors import ImproveError
from improve.workbench.sandbox.fence import Fence, Limits
from improve.workbench.sandbox.holding import Held, Level
from improve.workbench.sandbox.levels import SAYS, Wish, best, works

CI = ("CI", "GITHUB_ACTIONS")
NO_SANDBOX = "no sandbox: the target's code can read and change what you can"
CURE = (
    "Install bubblewrap 0.8 or newer (Debian, Ubuntu: apt-get install bubblewrap); "
    "`improve doctor --probe` says what else this machine lacks. "
    "To run other people's code without a sandbox all the same: sandbox: off (IMPROVE_SANDBOX=off)."
)


@dataclass(frozen=True)
class Policy:
    """What the settings say. ``memory_bytes`` None: no limit."""

    wish: Wish = "auto"
    network: bool = False
    memory_bytes: int | None = Limits.memory_bytes
    readable: tuple[Path, ...] = ()


_decided = Policy()


def decide(policy: Policy) -> None:
    """From now on everything fenced in this process goes by ``policy``."""
    global _decided
    _decided = policy


def decided() -> Policy:
    return _decided


def from_options(options: Mapping[str, object]) -> Policy:
    """The policy that the settings (by their names) ask for; what they lack is the default."""
    megabytes = float(str(options.get("sandbox-memory-mb", (Limits.memory_bytes or 0) >> 20)))
    shown = cast(Sequence[str], options.get("sandbox-readable") or ())
    return Policy(
        wish=cast(Wish, str(options.get("sandbox", "auto"))),
        network=bool(options.get("sandbox-network")),
        memory_bytes=int(megabytes) << 20 if megabytes else None,
        readable=tuple(Path(one).expanduser() for one in shown),
    )


def level() -> Level:
    """The level that programs are held at.

    Raises: ImproveError when the wish cannot be met, or when nothing can be held in CI, where
    nobody sees a warning and the machine's other jobs and tokens are within reach.
    """
    wish = _decided.wish
    if wish == "off":
        return "none"
    if wish in ("bubblewrap", "bubblewrap-root", "landlock"):
        named = cast(Level, wish)
        if why := works(named):
            raise ImproveError(f"The settings ask for the sandbox {named!r}: {why}.", CURE)
        return named
    found = best()
    if found == "none" and (wish == "require" or any(os.environ.get(name) for name in CI)):
        where = "`sandbox: require` is set" if wish == "require" else "This is a CI machine"
        tried = "; ".join(f"{one}: {works(one)}" for one in ("bubblewrap", "landlock"))
        raise ImproveError(f"{where}, and no sandbox works here ({tried}).", CURE)
    return found


def shares_loopback() -> bool:
    """Whether a program without a network has our loopback, not one of its own."""
    return not level().startswith("bubblewrap")


def warning() -> str:
    """What a person should be told before anything runs; '' when there is a sandbox."""
    if level() != "none":
        return ""
    asked = " (sandbox: off)" if _decided.wish == "off" else ""
    return NO_SANDBOX.replace(":", f"{asked}:", 1)


def held(fence: Fence) -> Held:
    """The fence at the level in force, with the memory limit and paths that the settings name."""
    limits = replace(fence.limits, memory_bytes=_decided.memory_bytes)
    readable = (*fence.readable, *_decided.readable)
    return Held(replace(fence, limits=limits, readable=readable), level())


def in_words(used: str) -> str:
    """A level, as it stands in records, for people."""
    return SAYS.get(cast(Level, used), "not recorded")
