import pytest
from units import size


@pytest.mark.parametrize(("text", "wanted"), [("1 gb", 1_000_000_000), ("25 gb", 25_000_000_000)])
def test_large(text, wanted):
    assert size(text) == wanted


def test_small():
    assert size("20 kb") == 20_000


def test_unknown_unit():
    with pytest.raises(KeyError):
        size("20 stone")
