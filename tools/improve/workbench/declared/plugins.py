"""Which pytest plugins the project's pytest settings, tests and log ask for.

Without them pytest ends with a usage error before it has collected anything, or tests end as
errors for want of a fixture. Only well-known distributions stand here: a name is never guessed.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from improve.workbench.declared.files import LINE, Texts, strings, table, toml
from improve.workbench.declared.requirements import name_of
from improve.workbench.declared.setuptools import ini

_OPTIONS = {
    "--cov": "pytest-cov", "--no-cov": "pytest-cov", "-n": "pytest-xdist", "--numprocesses": "pytest-xdist",
    "--dist": "pytest-xdist", "--maxprocesses": "pytest-xdist", "--timeout": "pytest-timeout",
    "--asyncio": "pytest-asyncio", "--benchmark": "pytest-benchmark", "--reruns": "pytest-rerunfailures",
    "--randomly": "pytest-randomly", "--random-order": "pytest-random-order", "--mypy": "pytest-mypy",
    "--ruff": "pytest-ruff", "--flake8": "pytest-flake8", "--black": "pytest-black", "--isort": "pytest-isort",
    "--html": "pytest-html", "--ds": "pytest-django", "--reuse-db": "pytest-django", "--nomigrations": "pytest-django",
    "--disable-socket": "pytest-socket", "--allow-hosts": "pytest-socket", "--allow-unix-socket": "pytest-socket",
    "--forked": "pytest-forked", "--snapshot": "syrupy", "--mpl": "pytest-mpl", "--doctest-plus": "pytest-doctestplus",
    "--doctest-rst": "pytest-doctestplus", "--remote-data": "pytest-remotedata", "--instafail": "pytest-instafail",
    "--hypothesis": "hypothesis", "--record-mode": "pytest-recording", "--block-network": "pytest-recording",
    "--nbval": "nbval", "--tavern": "tavern", "--xdoctest": "xdoctest", "--xdoc": "xdoctest",
    "--testmon": "pytest-testmon", "--alluredir": "allure-pytest", "--pylint": "pytest-pylint",
    "--memray": "pytest-memray", "--codspeed": "pytest-codspeed", "--mypy-ini": "pytest-mypy-plugins",
    "--run-parallel": "pytest-run-parallel", "--parallel-threads": "pytest-run-parallel", "--docker": "pytest-docker",
    "--inline-snapshot": "inline-snapshot", "--examples": "pytest-examples", "--checkdocs": "pytest-checkdocs",
    "--enabler": "pytest-enabler", "--sphinx": "sphinx-pytest", "--jupyter": "pytest-jupyter",
}  # fmt: skip
_KEYS = {
    "asyncio_mode": "pytest-asyncio", "asyncio_default_fixture_loop_scope": "pytest-asyncio",
    "asyncio_default_test_loop_scope": "pytest-asyncio", "timeout": "pytest-timeout",
    "timeout_method": "pytest-timeout", "DJANGO_SETTINGS_MODULE": "pytest-django", "env": "pytest-env",
    "doctest_plus": "pytest-doctestplus", "qt_api": "pytest-qt", "mocked-sessions": "alchemy-mock",
    "remote_data_strict": "pytest-remotedata", "anyio_mode": "anyio", "mypy_plugins": "pytest-mypy",
}  # fmt: skip
_MODULES = {
    "pytest_cov": "pytest-cov", "xdist": "pytest-xdist", "pytest_asyncio": "pytest-asyncio", "anyio": "anyio",
    "pytest_django": "pytest-django", "pytest_mock": "pytest-mock", "pytest_timeout": "pytest-timeout",
    "hypothesis.extra.pytestplugin": "hypothesis", "sphinx.testing.fixtures": "sphinx", "trio": "pytest-trio",
    "pytest_benchmark": "pytest-benchmark", "pytest_httpserver": "pytest-httpserver",
    "pytest_reportlog": "pytest-reportlog", "aiohttp.pytest_plugin": "pytest-aiohttp",
}  # fmt: skip
_MARKS = {
    "asyncio": "pytest-asyncio", "trio": "pytest-trio", "anyio": "anyio", "django_db": "pytest-django",
    "vcr": "pytest-recording", "datafiles": "pytest-datafiles",
}  # fmt: skip
_FIXTURES = {
    "mocker": "pytest-mock", "benchmark": "pytest-benchmark", "httpx_mock": "pytest-httpx",
    "requests_mock": "requests-mock", "httpserver": "pytest-httpserver", "freezer": "pytest-freezer",
    "data_regression": "pytest-regressions", "file_regression": "pytest-regressions",
}  # fmt: skip
_MARK = re.compile(r"\bmark\.(\w{1,40})")
_PARAMETERS = re.compile(r"\bdef \w{1,200}\(([^()\n]{0,500})")
KNOWN = frozenset(
    {*_OPTIONS.values(), *_KEYS.values(), *_MODULES.values(), *_MARKS.values(), *_FIXTURES.values()}
)


def pytest_settings(texts: Texts) -> dict[str, object]:
    """The settings of pytest, from the file that pytest itself would read."""
    for name in ("pytest.toml", "pytest.ini", ".pytest.ini"):
        if name in texts:
            plain = name.endswith("toml")
            return table(toml(texts, name), "pytest") if plain else _section(texts[name], "pytest")
    tool = table(toml(texts, "pyproject.toml"), "tool", "pytest")
    if tool:
        return table(tool, "ini_options") or {k: v for k, v in tool.items() if k != "ini_options"}
    return _section(texts.get("tox.ini", ""), "pytest") or _section(
        texts.get("setup.cfg", ""), "tool:pytest"
    )


def _section(text: str, name: str) -> dict[str, object]:
    parser = ini(text)
    return dict(parser[name]) if parser.has_section(name) else {}


def demanded(settings: Mapping[str, object], logged: Iterable[str] = ()) -> tuple[str, ...]:
    """Plugins that these settings cannot do without, and the known ones that the log names."""
    found = [name for key, name in _KEYS.items() if key in settings or key.lower() in settings]
    raw = settings.get("addopts", "")
    options = list(strings(raw)) if isinstance(raw, list) else _split(str(raw or ""))
    for place, option in enumerate(options):
        if option == "-p" or (option.startswith("-p") and not option.startswith("--")):
            module = option[2:] or "".join(options[place + 1 : place + 2])
            found += [_MODULES[module]] if module in _MODULES else []
        else:
            found += _of_option(option)
    required = settings.get("required_plugins", "")
    wanted = strings(required) if isinstance(required, list) else tuple(str(required or "").split())
    found += [name for name in wanted if name_of(name)]
    found += [n for n in map(canonicalize_name, logged) if n in KNOWN]
    return tuple(dict.fromkeys(found))


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text[: 4 * LINE], comments=True)
    except ValueError:
        return text[: 4 * LINE].split()


def _of_option(option: str) -> list[str]:
    head = option.partition("=")[0]
    if head.startswith("-n") and not head.startswith("--"):
        return [_OPTIONS["-n"]]
    near = (p for p in _OPTIONS if head == p or (p.startswith("--") and head.startswith(p + "-")))
    return [_OPTIONS[p] for p in sorted(near, key=len, reverse=True)[:1]]


def used_in(text: str) -> set[str]:
    """Plugins whose marks and fixtures a test file uses."""
    found = {_MARKS[name] for name in _MARK.findall(text) if name in _MARKS}
    for parameters in _PARAMETERS.findall(text):
        words = re.split(r"[,:\s]+", parameters)
        found |= {_FIXTURES[word] for word in words if word in _FIXTURES}
    return found
