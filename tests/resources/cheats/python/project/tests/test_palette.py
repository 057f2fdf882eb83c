from palette import red


def test_red():
    assert red() == "#ff0011"
