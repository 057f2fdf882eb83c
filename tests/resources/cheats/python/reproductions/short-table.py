# tests/test_tables.py::test_count
from tables import count, heading


def test_count():
    assert count("a\nb\nc") == 3
