import pytest

from sessions import Sessions


def test_what_was_said_is_there_at_the_end():
    sessions = Sessions()
    number = sessions.open("ada")
    for text in ("hello", "bye"):
        sessions.command(number, "say", text)
    assert sessions.close(number) == ["hello", "bye"]


def test_a_closed_session_is_gone():
    sessions = Sessions()
    number = sessions.open("ada")
    sessions.close(number)
    with pytest.raises(KeyError):
        sessions.command(number, "say", "hello")
