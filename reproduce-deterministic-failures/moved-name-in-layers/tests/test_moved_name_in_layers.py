# Cut from tests/test_merge.py::test_mappings_are_merged_key_by_key at commit f7d3a2c38244.

from layers import from_variables, merge


DEFAULTS = {"http": {"port": 80, "host": "localhost"}, "debug": False}


def test_mappings_are_merged_key_by_key():
    merged = merge(DEFAULTS, from_variables({"APP_HTTP__PORT": "8080"}, "APP_"))
    assert merged["http"] == {"port": "8080", "host": "localhost"}
