"""Counts what paid agents use, in a ledger on disk, and stops them at the run's limits.

The limits are ours and hard: an SDK's own budget option is soft and prices unknown models by a
guess. A line of the ledger is on disk before the next request can be made, so what a killed run
spent counts when it is resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from improve import ledger
from improve.agents.prices import priced
from improve.errors import OutOfBudget
from improve.ledger import spendings
from improve.records.usage import Spending, Usage, total


@dataclass(frozen=True)
class Caps:
    """Limits of a whole run; None: no limit of this kind."""

    usd: float | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class Meter:
    """What one agent may still spend for one ``purpose``; every meter of a run shares its ledger."""

    run: Path
    purpose: str
    agent: str
    caps: Caps

    def add(self, usage: Usage) -> Usage:
        """Write down one answer of a model; the same with its price.

        Raises: OutOfBudget when a limit is now reached: no further request may be made.
        """
        counted = priced(usage)
        ledger.append(self.run, Spending(purpose=self.purpose, agent=self.agent, usage=counted))
        self.check()
        return counted

    def check(self) -> None:
        """Raises: OutOfBudget when nothing is left; ask before every request."""
        entries = [one.usage for one in spendings(self.run)]
        usd, tokens = sum(one.usd for one in entries), sum(one.tokens for one in entries)
        if self.caps.usd is not None and usd >= self.caps.usd:
            raise OutOfBudget(
                f"The run's limit of {_money(self.caps.usd)} USD is reached ({_money(usd)} were used).",
                "limits.usd in the request gives more.",
            )
        if self.caps.tokens is not None and tokens >= self.caps.tokens:
            raise OutOfBudget(
                f"The run's limit of {self.caps.tokens} tokens is reached ({tokens} were used).",
                "limits.tokens in the request gives more.",
            )

    def exhausted(self) -> str:
        """Which limit of the run is reached, in a sentence; '' while something is left."""
        try:
            self.check()
        except OutOfBudget as error:
            return error.what
        return ""

    def spent(self) -> tuple[Usage, ...]:
        """What was used for this purpose in any session, a Usage a model."""
        return total(tuple(one.usage for one in spendings(self.run) if one.purpose == self.purpose))


def _money(usd: float) -> str:
    return f"{usd:.2f}" if usd >= 1 else f"{usd:.4f}"
