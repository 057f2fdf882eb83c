from tokens import good, token


def test_a_token_is_good_for_as_long_as_was_asked():
    claims = token("ada", seconds=900)
    assert claims["exp"] - claims["iat"] == 900


def test_a_new_token_is_good():
    assert good(token("ada"))


def test_an_old_token_is_not():
    assert not good(token("ada", seconds=-1))
