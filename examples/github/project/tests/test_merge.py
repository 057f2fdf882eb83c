from layers import from_variables, merge

DEFAULTS = {"http": {"port": 80, "host": "localhost"}, "debug": False}


def test_nothing_laid_over_nothing():
    assert merge() == {}


def test_one_layer_is_copied():
    merged = merge(DEFAULTS)
    assert merged == DEFAULTS
    assert merged["http"] is not DEFAULTS["http"]


def test_the_later_layer_wins():
    assert merge(DEFAULTS, {"debug": True})["debug"] is True


def test_mappings_are_merged_key_by_key():
    merged = merge(DEFAULTS, from_variables({"APP_HTTP__PORT": "8080"}, "APP_"))
    assert merged["http"] == {"port": "8080", "host": "localhost"}


def test_lists_are_not_merged():
    assert merge({"hosts": ["a", "b"]}, {"hosts": ["c"]}) == {"hosts": ["c"]}
