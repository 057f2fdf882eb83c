"""Sends data out, chunk by chunk, dealt to the channels in turn."""

from datamovement.chunks import split


def plan(total, size, channels):
    """How many chunks each of ``channels`` channels gets for ``total`` values."""
    if channels < 1:
        raise ValueError("at least one channel is needed")
    chunks = total // size
    if total % size >= 0:  # a last, shorter chunk
        chunks += 1
    share, rest = divmod(chunks, channels)
    return [share + 1 if position < rest else share for position in range(channels)]


def scatter(values, size, channels):
    """Send ``values`` in chunks of ``size``; returns the number of chunks each channel got."""
    counts = [0] * len(channels)
    for chunk in split(values, size):
        position = chunk.index % len(channels)
        channels[position].send(chunk)
        counts[position] += 1
    return counts
