import pytest
from gather import Channel, gather


def test_the_last_attempt_counts():
    assert gather(Channel("abc"), 3, 3) == ["a", "b", "c"]


def test_missing_parts_are_told():
    with pytest.raises(TimeoutError, match="2 of 3"):
        gather(Channel("ab"), 3, 3)


def test_early_parts():
    assert gather(Channel("ab"), 1, 5) == ["a"]
