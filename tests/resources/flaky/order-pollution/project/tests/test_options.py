import pytest

from options import line, options


def test_a_line_has_eighty_characters():
    assert len(line("x" * 100)) == 80


def test_defaults():
    assert options()["colour"] == "black"


def test_unknown_options_are_refused():
    with pytest.raises(KeyError):
        options(weight=3)


def test_a_short_line_stays():
    assert line("short") == "short"


def test_a_line_may_be_narrow():
    assert line("x" * 100, width=10) == "x" * 10


def test_all_options_are_told():
    assert sorted(options(wrap=True)) == ["colour", "width", "wrap"]
