# tests/test_fake_clock.py::test_advance
from testing import FakeClock


def test_advance():
    clock = FakeClock(100)
    clock.advance(25)
    assert clock.now == 125
