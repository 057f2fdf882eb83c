from basket import put


def test_two_baskets():
    put("apple")
    assert put("pear") == ["pear"]


def test_one_basket():
    assert put("pear", ["apple"]) == ["apple", "pear"]
