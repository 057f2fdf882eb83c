import pytest
from retrying import retry


def third_time(calls):
    calls.append(1)
    if len(calls) < 3:
        raise OSError("not yet")
    return "done"


def test_third_time():
    calls = []
    assert retry(lambda: third_time(calls)) == "done"


@pytest.mark.parametrize("attempts", [2, 4])
def test_how_often(attempts):
    calls = []

    def never():
        calls.append(1)
        raise OSError("never")

    with pytest.raises(OSError):
        retry(never, attempts=attempts)
    assert len(calls) == attempts
