VALUES = {}["missing"]


def test_a():
    pass
