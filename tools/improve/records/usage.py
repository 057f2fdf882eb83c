"""What a paid agent used: tokens, requests and what they cost."""

from __future__ import annotations

from pydantic import Field

from improve.records.base import Record


class Usage(Record):
    """Tokens of one model. The four kinds of tokens do not overlap."""

    model: str
    requests: int = 1
    input_tokens: int = Field(0, ge=0, description="Read at the full price.")
    cache_read_tokens: int = Field(0, ge=0)
    cache_write_tokens: int = Field(0, ge=0)
    output_tokens: int = Field(0, ge=0, description="Reasoning included.")
    usd: float = Field(0, ge=0, description="By our price table.")
    priced: str = Field(
        "", description="Date of the price table; '' when the model is not in it (dearest taken)."
    )

    @property
    def tokens(self) -> int:
        """All tokens together."""
        return (
            self.input_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
            + self.output_tokens
        )


class Spending(Record):
    """One line of the run's ledger (``ledger.jsonl``): one answer of one model."""

    purpose: str = Field(description="'attempt 2', 'reproduction', ...")
    agent: str
    usage: Usage


def total(entries: tuple[Usage, ...]) -> tuple[Usage, ...]:
    """One Usage a model, in the order in which the models were first used."""
    by_model: dict[str, Usage] = {}
    for one in entries:
        before = by_model.get(one.model)
        if before is None:
            by_model[one.model] = one
            continue
        sums = {
            name: getattr(before, name) + getattr(one, name)
            for name in (
                "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens",
                "output_tokens", "usd",
            )
        }  # fmt: skip
        by_model[one.model] = before.model_copy(update=sums)
    return tuple(by_model.values())
