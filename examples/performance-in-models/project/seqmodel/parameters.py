"""The model's weights: fixed numbers, so that every run gives the same result."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """``decay``, ``drive`` and ``read`` have one entry for each state channel."""

    vocabulary: int
    decay: tuple
    drive: tuple
    read: tuple


def build(channels=4, vocabulary=12):
    """Weights of a model with ``channels`` state channels and ``vocabulary`` tokens."""
    if channels < 1 or vocabulary < 2:
        raise ValueError("a model needs a channel and two tokens")
    decay = tuple(0.5 + 0.4 * channel / channels for channel in range(channels))
    drive = tuple(1.0 / (channel + 1) for channel in range(channels))
    read = tuple(
        tuple(((7 * token + 3 * channel) % 11) / 11 - 0.5 for channel in range(channels))
        for token in range(vocabulary)
    )
    return Parameters(vocabulary, decay, drive, read)
