import pytest

from seqmodel.model import SequenceModel
from seqmodel.parameters import build


def fresh_state(tokens):
    """What a model that never saw anything else makes of ``tokens``."""
    return SequenceModel().state_after(tokens)


def test_state_depends_on_the_order():
    assert fresh_state([1, 2, 3]) != fresh_state([3, 2, 1])


def test_longer_sequence_gives_the_same_as_from_scratch():
    model = SequenceModel()
    model.state_after([1, 2, 3])
    assert model.state_after([1, 2, 3, 4, 5]) == fresh_state([1, 2, 3, 4, 5])


def test_same_sequence_again_gives_the_same():
    model = SequenceModel()
    first = model.state_after([4, 4, 2])
    assert model.state_after([4, 4, 2]) == first


def test_other_sequence_starts_over():
    model = SequenceModel()
    model.state_after([1, 2, 3])
    assert model.state_after([3, 2, 1, 0]) == fresh_state([3, 2, 1, 0])


def test_shorter_sequence_starts_over():
    model = SequenceModel()
    model.state_after([1, 2, 3, 4])
    assert model.state_after([1, 2]) == fresh_state([1, 2])


def test_cleared_cache_starts_over():
    model = SequenceModel()
    model.state_after([5, 6])
    model.cache.clear()
    assert model.state_after([5, 6, 7]) == fresh_state([5, 6, 7])


def test_fresh_sequence_costs_one_update_a_token():
    model = SequenceModel()
    model.state_after([1, 2, 3])
    assert model.updates == 3


def test_one_score_for_each_token():
    assert len(SequenceModel(build(channels=2, vocabulary=5)).scores([0, 4])) == 5


def test_unknown_token_is_refused():
    with pytest.raises(ValueError, match="token 12 is not in"):
        SequenceModel().scores([3, 12])
