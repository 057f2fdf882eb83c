# tests/test_slugs.py::test_several_signs[Fish & chips-fish-chips]
from slugs import slug


def test_several_signs():
    assert slug("Fish & chips") == "fish-chips"
