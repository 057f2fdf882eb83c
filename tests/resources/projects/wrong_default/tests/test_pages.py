from pages import page


def test_the_first_page_is_the_default():
    assert page(list(range(30))) == list(range(10))


def test_second():
    assert page(list(range(30)), 2) == list(range(10, 20))
