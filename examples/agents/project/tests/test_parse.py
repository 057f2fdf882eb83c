from durations import seconds


def test_minutes():
    assert seconds("5m") == 300


def test_seconds():
    assert seconds("90s") == 90


def test_hours_and_minutes():
    assert seconds("1h30m") == 5400
