"""What is shown of a machine: programs with their installations, never a home folder around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from improve.workbench.sandbox import visible


@pytest.fixture
def home(sealed: Path) -> Path:
    """The home folder that every test has for itself."""
    return sealed


def place(home: Path, path: str, *files: str) -> Path:
    folder = home / path
    folder.mkdir(parents=True)
    for name in files:
        (home / name).mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("entry", "beside", "shown"),
    [
        (".nvm/versions/node/v20/bin", (".nvm/versions/node/v20/lib",), ".nvm/versions/node/v20"),
        (".cargo/bin", (".cargo/registry",), ".cargo/bin"),  # credentials.toml lies beside it
        (".local/bin", (".local/lib", ".local/share"), ".local/bin"),  # so do keyrings
        ("project/bin", ("project/lib", "project/.git"), "project/bin"),
        ("tools", (), "tools"),
    ],
)
def test_a_folder_of_path_brings_its_installation_and_not_its_neighbours(
    home: Path, entry: str, beside: tuple[str, ...], shown: str
) -> None:
    folder = place(home, entry, *beside)
    assert visible.programs({"PATH": f"/usr/bin:{folder}"}) == (home / shown,)


def test_a_link_to_the_home_folder_is_the_home_folder(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home)
    assert visible.programs({"PATH": str(tmp_path / "link")}) == ()


@pytest.mark.parametrize("entry", ["{home}", "{home}/..", "/", "relative", "", "{home}/missing"])
def test_what_would_show_too_much_is_not_shown(home: Path, entry: str) -> None:
    assert visible.programs({"PATH": entry.replace("{home}", str(home))}) == ()


def test_an_interpreter_brings_every_installation_that_its_links_lead_to(home: Path) -> None:
    real = place(home, "versions/3.12.7/bin") / "python3.12"
    real.touch()
    (home / "versions" / "3.12").symlink_to("3.12.7")
    environment = place(home, "cache/venv/bin")
    (environment / "python3").symlink_to(home / "versions" / "3.12" / "bin" / "python3.12")
    (environment / "python").symlink_to("python3")
    found = visible.interpreter(environment / "python")
    assert set(found) == {
        home / "cache" / "venv", home / "versions" / "3.12", home / "versions" / "3.12.7",
    }  # fmt: skip


def test_links_in_a_circle_end(home: Path) -> None:
    folder = place(home, "venv/bin")
    (folder / "python").symlink_to("python")
    assert visible.interpreter(folder / "python") == (home / "venv",)


def test_etc_is_shown_by_name() -> None:
    shown = {str(path) for path in visible.system(network=True)}
    assert "/etc/passwd" in shown and "/etc" not in shown
    assert not shown & {"/etc/shadow", "/etc/ssl/private", "/etc/sudoers", "/etc/ssh"}
    assert "/etc/resolv.conf" not in {str(path) for path in visible.system(network=False)}
