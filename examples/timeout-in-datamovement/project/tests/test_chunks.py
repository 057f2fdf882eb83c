import pytest

from datamovement.chunks import Chunk, join, split


def test_split_keeps_order_and_size():
    chunks = split([1, 2, 3, 4, 5], 2)
    assert [chunk.values for chunk in chunks] == [(1, 2), (3, 4), (5,)]
    assert [chunk.index for chunk in chunks] == [0, 1, 2]


def test_split_refuses_empty_chunks():
    with pytest.raises(ValueError, match="1 or more"):
        split([1, 2], 0)


def test_join_restores_the_order():
    assert join([Chunk(1, (3, 4)), Chunk(0, (1, 2))]) == [1, 2, 3, 4]


def test_join_notices_a_missing_chunk():
    with pytest.raises(ValueError, match="missing or doubled"):
        join([Chunk(0, (1,)), Chunk(2, (3,))])
