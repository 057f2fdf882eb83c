import pytest

from seqmodel.generate import best, generate
from seqmodel.model import SequenceModel


def test_best_takes_the_first_of_equals():
    assert best([0.1, 0.7, 0.7, 0.2]) == 1


def test_generate_keeps_the_prompt():
    tokens = generate(SequenceModel(), [3, 1], steps=4)
    assert tokens[:2] == [3, 1]
    assert len(tokens) == 6


def test_generate_does_not_depend_on_what_came_before():
    used = SequenceModel()
    generate(used, [7, 2, 9], steps=5)
    assert generate(used, [3, 1], steps=5) == generate(SequenceModel(), [3, 1], steps=5)


def test_generate_needs_a_prompt():
    with pytest.raises(ValueError, match="at least one token"):
        generate(SequenceModel(), [], steps=1)
