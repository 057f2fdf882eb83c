from shop.receipt import line


def test_line():
    assert line("nut", "1.50") == '{"name": "nut", "price": "1.50"}'
