import pytest

from datamovement.channel import Channel
from datamovement.gather import gather
from datamovement.scatter import scatter
from datamovement.workers import map_chunks


def move(values, size, channels, timeout=0.2):
    """Scatter and gather again, without anything in between."""
    lines = [Channel() for _ in range(channels)]
    scatter(values, size, lines)
    return gather(lines, len(values), size, timeout)


def test_gather_with_a_shorter_last_chunk():
    assert move([1, 2, 3, 4, 5], 2, channels=2) == [1, 2, 3, 4, 5]


def test_gather_of_full_chunks():
    assert move([1, 2, 3, 4, 5, 6], 2, channels=2) == [1, 2, 3, 4, 5, 6]


def test_gather_from_more_channels_than_chunks():
    assert move([1, 2, 3], 2, channels=4) == [1, 2, 3]


def test_gather_tells_what_is_missing():
    lines = [Channel(), Channel()]
    scatter([1, 2, 3], 2, lines)
    lines[1].receive(deadline=0)
    with pytest.raises(TimeoutError, match="1 of 2 chunks arrived"):
        gather(lines, 3, 2, timeout=0.05)


def test_map_chunks_keeps_the_order():
    assert map_chunks(lambda value: value * value, range(9), size=2, workers=3) == [
        0, 1, 4, 9, 16, 25, 36, 49, 64
    ]  # fmt: skip
