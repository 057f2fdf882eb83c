import time

from polling import wait_until


def test_ready_at_once():
    began = time.monotonic()
    assert wait_until(lambda: True) is True
    took = time.monotonic() - began
    assert took < 0.3, "it waited for what was there"


def test_never_ready():
    assert wait_until(lambda: False, patience=0.1) is False
