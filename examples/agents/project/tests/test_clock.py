from durations import clock


def test_a_time_below_an_hour():
    assert clock(61) == "0:01:01"


def test_hours_are_not_cut_at_a_day():
    assert clock(90_000) == "25:00:00"
