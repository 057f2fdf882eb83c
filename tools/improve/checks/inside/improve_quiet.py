"""A session whose children print nothing: a fifth of what a small test's run costs is its dot.

Runs inside the target's interpreter: standard library and pytest only, Python 3.8 syntax.
"""


class Quiet:
    """Has all that the terminal's reporter has but no hooks: nobody reads the dots of a child."""

    def __init__(self, reporter):
        self._reporter = reporter

    def __getattr__(self, name):
        return getattr(self._reporter, name)


def quiet(config):
    """Let nothing more be printed; who asks for the reporter, as pytest's writer does, finds it."""
    plugins = config.pluginmanager
    reporter = plugins.get_plugin("terminalreporter")
    if reporter is not None:
        plugins.unregister(reporter)
        plugins.register(Quiet(reporter), "terminalreporter")
