from sessions import drop_expired


def test_drop():
    sessions = {"a": 1, "b": 5, "c": 2}
    assert drop_expired(sessions, 2) == 2
    assert sessions == {"b": 5}
