from people import in_order


def test_case():
    assert in_order(["bea", "Cal", "Abe"]) == ["Abe", "bea", "Cal"]


def test_plain():
    assert in_order(["b", "a"]) == ["a", "b"]
