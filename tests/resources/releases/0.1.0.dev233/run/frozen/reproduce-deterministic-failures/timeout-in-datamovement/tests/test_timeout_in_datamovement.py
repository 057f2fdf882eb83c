# Cut from tests/test_gather.py::test_gather_of_full_chunks at commit ec77d34a0292.

from datamovement.channel import Channel
from datamovement.gather import gather
from datamovement.scatter import scatter


def move(values, size, channels, timeout=0.2):
    """Scatter and gather again, without anything in between."""
    lines = [Channel() for _ in range(channels)]
    scatter(values, size, lines)
    return gather(lines, len(values), size, timeout)


def test_gather_of_full_chunks():
    assert move([1, 2, 3, 4, 5, 6], 2, channels=2) == [1, 2, 3, 4, 5, 6]
