import time
import pytest


def wait_for_it():
    time.sleep(20)


@pytest.mark.timeout(1, method="thread")
def test_sleeps():
    wait_for_it()
