from sums import total


def test_larger():
    result = total([3, 4])
    assert isinstance(result, int)
    assert result > 6
