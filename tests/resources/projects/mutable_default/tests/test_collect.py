from collect import collect


def test_each_call_begins_anew():
    collect(1)
    assert collect(2) == [2]


def test_into():
    assert collect(2, [1]) == [1, 2]
