from find.index import build, common, matching

DOCUMENTS = ["The cat sat.", "A dog and a cat.", "The dog sat, the dog ran."]


def test_documents_with_every_word_match():
    index = build(DOCUMENTS)
    assert matching(index, "dog") == [1, 2]
    assert matching(index, "cat dog") == [1]
    assert matching(index, "sat ran") == [2]


def test_what_nobody_wrote_matches_nothing():
    assert matching(build(DOCUMENTS), "horse") == []
    assert matching(build(DOCUMENTS), "") == []


def test_common_words():
    assert common(build(["x y", "y z", "y"]), 1) == [("y", 3)]


def test_stop_words_do_not_count():
    assert common(build(["the x", "the"])) == [("x", 1)]
