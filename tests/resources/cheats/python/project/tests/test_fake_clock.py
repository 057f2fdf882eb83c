from testing import FakeClock


def test_advance():
    clock = FakeClock(100)
    clock.advance(25)
    assert clock.now == 125


def test_start():
    assert FakeClock().now == 0
