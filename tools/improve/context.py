"""What every phase is given beside its artifacts: the run, its limits, and a voice."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from improve.errors import OutOfBudget


@dataclass(frozen=True)
class Budget:
    """A deadline on the monotonic clock."""

    deadline: float

    @classmethod
    def of(cls, seconds: float) -> Budget:
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def need(self, seconds: float, for_what: str) -> None:
        """Raises: OutOfBudget when fewer than ``seconds`` are left."""
        if self.left() < seconds:
            raise OutOfBudget(
                f"No time is left {for_what}.",
                "Go on with ./run.sh --resume, or raise limits.minutes in info.json.",
            )


@dataclass(frozen=True)
class Context:
    """One phase of one run."""

    run: Path  # the run folder
    toolkit: Path  # top folder of the toolkit: prompts, templates, reproduction folders
    cache: Path  # environments and workbenches
    budget: Budget
    progress: Callable[[str], None]
    options: dict[str, object] = field(default_factory=dict)  # settings by name

    def minutes(self, name: str) -> float:
        """A setting that counts minutes, in seconds."""
        value = self.options[name]
        return float(str(value)) * 60

    def texts(self, name: str) -> tuple[str, ...]:
        """A setting that is a list of texts."""
        value = self.options.get(name) or ()
        return (
            tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else (str(value),)
        )

    @property
    def keep_workbench(self) -> bool:
        """Whether the workbench is put aside for somebody to look into."""
        return bool(self.options.get("keep-workbench"))

    @property
    def bench_folder(self) -> Path:
        """Where this run's workbench lies; outside any repository, so that no configuration of a
        folder above is found from within. A run of that name may lie in another folder, too."""
        which = hashlib.sha256(os.fsencode(self.run.resolve())).hexdigest()[:8]
        return self.cache / "workbenches" / f"{self.run.name}-{which}"
