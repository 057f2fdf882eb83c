"""What tokens cost: a table in a file, with its date and its sources.

The bill is the vendor's; this is what our own limits count with. A model that the table does not
know is counted at the dearest price in it, so that a limit in dollars holds for it too.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from improve.records.usage import Usage

TABLE = Path(__file__).with_name("prices.json")
KINDS = ("input", "cache_read", "cache_write", "output")
DATED = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")  # claude-x-20250929, gpt-x-2026-03-17


def priced(usage: Usage) -> Usage:
    """``usage`` with ``usd`` and the date of the prices; '' there when the model is not known."""
    table = _table()
    prices = table["models"].get(usage.model) or table["models"].get(DATED.sub("", usage.model))
    known = prices is not None
    rates = prices or {kind: max(one[kind] for one in table["models"].values()) for kind in KINDS}
    usd = sum(getattr(usage, f"{kind}_tokens") * rates[kind] for kind in KINDS) / 1e6
    return usage.model_copy(update={"usd": usd, "priced": table["date"] if known else ""})


@cache
def _table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TABLE.read_bytes())
    return found
