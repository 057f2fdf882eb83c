import pytest

from datamovement.channel import Channel
from datamovement.scatter import plan, scatter


@pytest.mark.parametrize(
    ("total", "size", "channels", "shares"),
    [(5, 2, 2, [2, 1]), (7, 2, 2, [2, 2]), (1, 4, 3, [1, 0, 0]), (11, 2, 4, [2, 2, 1, 1])],
)
def test_plan_deals_in_turn(total, size, channels, shares):
    assert plan(total, size, channels) == shares


def test_plan_needs_a_channel():
    with pytest.raises(ValueError, match="at least one"):
        plan(4, 2, 0)


def test_scatter_counts_what_it_sent():
    channels = [Channel(), Channel()]
    assert scatter([1, 2, 3, 4, 5], 2, channels) == [2, 1]
    assert [channel.sent for channel in channels] == [2, 1]
