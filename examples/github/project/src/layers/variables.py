"""A layer made of environment variables."""


def from_variables(variables, prefix):
    """``{"APP_HTTP__PORT": "80"}`` with prefix ``APP_`` is ``{"http": {"port": "80"}}``."""
    layer = {}
    for name, value in sorted(variables.items()):
        if not name.startswith(prefix):
            continue
        *groups, last = name[len(prefix) :].lower().split("__")
        place = layer
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return layer
