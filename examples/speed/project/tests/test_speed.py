from find.index import build, matching

REPORTS = [f"Report {number}: pump and valve in order" for number in range(3000)]


def test_words_that_all_documents_hold():
    index = build(REPORTS)
    assert len(matching(index, "pump valve order")) == 3000
