# tests/test_people.py::test_case
from people import in_order


def test_case():
    assert in_order(["bea", "Cal", "Abe"]) == ["Abe", "bea", "Cal"]
