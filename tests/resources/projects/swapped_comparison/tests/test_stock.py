from stock import reorder


def test_low_articles():
    assert reorder({"nut": 1, "bolt": 9, "nail": 5}, 5) == ["nut"]


def test_nothing():
    assert reorder({}, 5) == []
