from layers import from_variables


def test_other_variables_are_left_out():
    assert from_variables({"HOME": "/root", "APP_DEBUG": "1"}, "APP_") == {"debug": "1"}


def test_two_underscores_open_a_group():
    assert from_variables({"APP_HTTP__PORT": "80"}, "APP_") == {"http": {"port": "80"}}
