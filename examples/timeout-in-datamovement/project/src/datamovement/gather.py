"""Collects the chunks of several channels into one list."""

import time

from datamovement.chunks import join
from datamovement.scatter import plan


def expected_chunks(total, size, channels):
    """Number of chunks that a transfer of ``total`` values consists of."""
    return sum(plan(total, size, channels))


def gather(channels, total, size, timeout=5.0):
    """The ``total`` values that were scattered over ``channels`` in chunks of ``size``.

    Raises TimeoutError when a chunk does not arrive within ``timeout`` seconds.
    """
    expected = expected_chunks(total, size, len(channels))
    deadline = time.monotonic() + timeout
    arrived = []
    for channel, share in zip(channels, plan(total, size, len(channels))):
        for _ in range(share):
            chunk = channel.receive(deadline)
            if chunk is None:
                raise TimeoutError(
                    f"gather: {len(arrived)} of {expected} chunks arrived within {timeout} s"
                )
            arrived.append(chunk)
    return join(arrived)
