import pytest
from slugs import slug


@pytest.mark.parametrize(
    ("title", "wanted"),
    [("Fish & chips", "fish-chips"), ("A  b", "a-b"), ("so, then", "so-then")],
)
def test_several_signs(title, wanted):
    assert slug(title) == wanted


def test_plain():
    assert slug("Bread") == "bread"
