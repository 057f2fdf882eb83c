from shop.calc import nothing_like_this


def test_a():
    pass
