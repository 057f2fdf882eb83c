from journal import Journal


def test_what_is_written_now_is_of_today():
    journal = Journal()
    journal.write("hello")
    assert journal.today() == ["hello"]


def test_an_empty_journal():
    assert Journal().today() == []
