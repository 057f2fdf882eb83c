from prices import discounted


def test_discount():
    assert discounted(120) == 108
