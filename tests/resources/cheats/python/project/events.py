"""Things that happen one after the other."""

import asyncio


async def _price(item, prices):
    await asyncio.sleep(0)
    return prices[item]


async def price_of(items, prices):
    """The sum for ``items``, each asked for."""
    found = [_price(item, prices) for item in items]
    return sum(found)
