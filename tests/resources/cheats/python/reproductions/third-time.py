# tests/test_retrying.py::test_third_time
from retrying import retry


def third_time(calls):
    calls.append(1)
    if len(calls) < 3:
        raise OSError("not yet")
    return "done"


def test_third_time():
    calls = []
    assert retry(lambda: third_time(calls)) == "done"
