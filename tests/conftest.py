"""Sealed surroundings: every test has its own HOME, cache and git world, whatever it runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from improve.redaction import remember

# A push is judged by the same examples each time; new ones are looked for at night, when a failure
# is a finding and blocks nobody. No deadline of an example: a busy machine is none of its faults.
settings.register_profile("push", derandomize=True, deadline=None)
settings.register_profile("nightly", print_blob=True, deadline=None)


def pytest_configure(config: pytest.Config) -> None:
    nightly = "nightly" in config.getoption("markexpr", "").replace("not nightly", "")
    settings.load_profile("nightly" if nightly else "push")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts its background jobs so, and every program below us would inherit it; what an
    # interrupt does could then not be seen.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def sealed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private home; forgetting it would write into the developer's own."""
    home = tmp_path_factory.mktemp("home")
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "DEBUG",
        "IMPROVE_RUN",
        "GH_TOKEN",
        "GITHUB_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    # A pytest that a test starts sweeps old folders of its temporary root when it ends: not the
    # thousands that earlier runs of these tests left in the shared one.
    monkeypatch.setenv("PYTEST_DEBUG_TEMPROOT", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_EDITOR", "false")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Test Author\n\temail = author@example.invalid\n[init]\n\tdefaultBranch = main\n"
    )
    return home


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """What a test made known as a secret is not taken out of another one's texts."""
    yield
    remember({})
