# tests/test_tables.py::test_heading
from tables import count, heading


def test_heading():
    assert heading() == "name, price"
