"""The one parameter set that a node id names, for every way to write one."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improve.cut import cut_candidates, cut_test
from improve.cut.model import Node, parse_node


def source_for(decorators: str, param: str, arguments: str = "a, b") -> str:
    """The first cut of a test with these decorators, for the set that ``param`` names."""
    test = (
        textwrap.dedent(decorators).strip() + f"\ndef test_p({arguments}):\n    assert a is None\n"
    )
    source = f"import pytest\nCASES = [(1, 2), (3, 4)]\nBIG = 10\n\n{test}"
    made = cut_test(f"tests/test_p.py::test_p[{param}]", {"tests/test_p.py": source}.get)
    assert made is not None
    return made.source


@pytest.mark.parametrize(
    ("values", "param", "kept"),
    [
        ('"a, b", [(1, 2), (3, 4)]', "3-4", "[(3, 4)]"),
        ('"a, b", [(-1, None), (1.5, True)]', "-1-None", "[(-1, None)]"),
        ('"a, b", [("x-y", b"z"), ("x", "y")]', "x-y-z", '[("x-y", b"z")]'),
        ('["a", "b"], [([], {}), ([1], {})]', "a1-b1", "[([1], {})]"),
        ('"a, b", [(1, 2), (3, 4)], ids=["one", "two"]', "two", "[(3, 4)]"),
        ('"a, b", [pytest.param(1, 2, id="x"), (3, 4)]', "x", '[pytest.param(1, 2, id="x")]'),
        ('"a, b", [(1, 1), (1, 1), (2, 2)]', "1-10", "[(1, 1)]"),
        ('"a, b", CASES', "3-4", "[(3, 4)]"),
        ('"a, b", CASES + [("z", BIG)]', "z-10", '[("z", BIG)]'),
        ('"a, b", [*CASES, (str, int)]', "str-int", "[(str, int)]"),
        ('"a, b", [("ä", "\\n"), (1, 1)]', "\\xe4-\\n", '[("ä", "\\n")]'),
        ('argnames="a, b", argvalues=[(1, 2), (3, 4)], ids=str', "3-4", "argvalues=[(3, 4)]"),
    ],
)
def test_one_parameter_set_is_left(values: str, param: str, kept: str) -> None:
    source = source_for(f"@pytest.mark.parametrize({values})", param)
    assert kept in source, source
    assert "CASES" not in source and "ids=" not in source, source
    assert ("BIG = 10" in source) == ("BIG" in kept), source


def test_stacked_marks_and_fixture_params_are_all_reduced() -> None:
    source = """
        @pytest.fixture(params=["red", "blue"], ids=["R", "B"])
        def b(request):
            return request.param

        @pytest.mark.parametrize("a", [1, 2])
        @pytest.mark.parametrize("c", ["x", "y"])
        """
    for param in ("B-y-1", "y-1-B"):
        made = source_for(source, param, "a, b, c")
        for kept in ('params=["blue"]', '"a", [1]', '"c", ["y"]'):
            assert kept in made, made


def test_parameters_of_classes_and_modules_count_too() -> None:
    source = (
        'import pytest\npytestmark = pytest.mark.parametrize("m", [1, 2])\n'
        '@pytest.mark.parametrize("c", "ab cd".split())\nclass TestP:\n'
        '    @pytest.mark.parametrize("f", [5, 6])\n    def test_p(self, f, c, m):\n        pass\n'
    )
    made = cut_test("tests/test_p.py::TestP::test_p[6-cd-2]", {"tests/test_p.py": source}.get)
    assert made is not None and '"f", [6]' in made.source and '"m", [2]' in made.source
    assert '"ab cd".split()' in made.source and made.node_id_suffix == "TestP::test_p"


def test_an_id_that_may_mean_several_sets_gives_each_and_then_all_of_them() -> None:
    source = (
        "import pytest\ndef name(x):\n    return 'n'\n"
        '@pytest.mark.parametrize("a", [1, 2, 3], ids=name)\ndef test_p(a):\n    pass\n'
    )
    found = list(cut_candidates("tests/test_p.py::test_p[n1]", {"tests/test_p.py": source}.get))
    assert ["[1]" in found[0].source, "[2]" in found[1].source, "[3]" in found[2].source] == [
        True
    ] * 3
    assert "[1, 2, 3], ids=name" in found[3].source
    assert found[3].node_id_suffix == "test_p[n1]"


def test_a_hostile_id_against_loose_parameters_ends_soon() -> None:
    marks = "".join(f'@pytest.mark.parametrize("a{i}", [f(1), f(2), f(3)])\n' for i in range(8))
    source = f"import pytest\n{marks}def test_p():\n    pass\n"
    node_id = "tests/test_p.py::test_p[" + "-" * 3000 + "]"
    assert cut_test(node_id, {"tests/test_p.py": source}.get) is not None


@pytest.mark.parametrize(
    ("node_id", "node"),
    [
        ("tests/a.py::T::test_x[1-a]", Node("tests/a.py", ("T", "test_x"), "1-a")),
        ("tests\\a.py::test_x[a::b[c]]", Node("tests/a.py", ("test_x",), "a::b[c]")),
        ("tests/a.py", Node("tests/a.py", (), None)),
        ("tests/a.py::test_x[\\n]", Node("tests/a.py", ("test_x",), "\\n")),
    ],
)
def test_node_ids_are_taken_apart(node_id: str, node: Node) -> None:
    assert parse_node(node_id) == node


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.text(max_size=5), st.integers(), st.booleans()), min_size=1, max_size=5
    )
)
def test_the_ids_that_pytest_makes_of_plain_values_are_found(values: list[object]) -> None:
    distinct = list({str(v): v for v in values}.values())
    source = (
        f'import pytest\n@pytest.mark.parametrize("a", {distinct!r})\ndef test_p(a):\n    pass\n'
    )
    for value in distinct:
        text = value.encode("unicode_escape").decode() if isinstance(value, str) else str(value)
        made = cut_test(f"t/test_p.py::test_p[{text}]", {"t/test_p.py": source}.get)
        assert made is not None and f'"a", [{value!r}])' in made.source, (value, made)
