# tests/test_client.py::test_patience
from client import Client


def test_patience():
    assert Client().in_minutes() == "0.5 min"
