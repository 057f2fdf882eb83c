import pytest

from sessions import Sessions


def test_what_was_said_is_there_at_the_end():
    sessions = Sessions()
    ada, bob = sessions.open("ada"), sessions.open("bob")
    for turn in range(40):
        sessions.command(ada, "say", f"question {turn}")
        sessions.command(bob, "say", f"answer {turn}")
    assert sessions.close(ada)[0] == "1 question 0"
    assert sessions.close(bob)[39] == "40 answer 39"


def test_a_closed_session_is_gone():
    sessions = Sessions()
    number = sessions.open("ada")
    sessions.close(number)
    with pytest.raises(KeyError):
        sessions.command(number, "say", "hello")
