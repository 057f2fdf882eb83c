from answer import answer


def test_answer():
    assert answer() == {"poem": ["Shall I", "compare thee"], "year": 1609}
