from client import Client


def test_patience():
    assert Client().in_minutes() == "0.5 min"


def test_given():
    assert Client(timeout=120).in_minutes() == "2 min"
