# Cut from tests/test_performance.py::test_generation_is_linear_in_its_length at commit a2bbc9b465b3.

from seqmodel.generate import generate
from seqmodel.model import SequenceModel


def test_generation_is_linear_in_its_length():
    model = SequenceModel()
    steps = 20
    generate(model, [1], steps)
    budget = 2 * steps
    assert model.updates <= budget, (
        f"{model.updates} state updates for {steps} steps, budget is {budget}"
    )
