import pytest

from loader import Loader

TEXT = '{"version": 3, "colour": "blue", "size": 12}'


def test_values_are_there_when_it_is_ready():
    loader = Loader(lambda: TEXT)
    loader.start()
    assert loader.ready.wait(10)
    assert loader.values == {"colour": "blue", "size": 12}
    assert loader.version == 3


def test_nothing_is_there_before_it_starts():
    loader = Loader(lambda: TEXT)
    assert not loader.ready.is_set() and loader.values is None


def test_a_reader_is_needed():
    with pytest.raises(TypeError):
        Loader()
