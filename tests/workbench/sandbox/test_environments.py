"""What an environment may bring into a fence: what a build left in it says nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from tests.support.repositories import write

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.sandbox import environments, needs

KEY = "0a1b2c3d4e5f60718293"
SECRET = "the private key"


@pytest.fixture
def home(sealed: Path) -> Path:
    """A home folder with a key, a program's folder, two projects and what is none."""
    write(sealed, {
        ".ssh/id_ed25519": SECRET, ".pulumi/credentials.json": SECRET, ".pulumi/bin/pulumi": "",
        "work/lib/pyproject.toml": "", "work/lib/src/lib.py": "", "papers/letter": SECRET,
        ".hidden/setup.py": "", "work/app/.venv/pyvenv.cfg": "", "work/app/setup.cfg": "",
        "tool/lib/python3/site-packages/tool.py": "",
    })  # fmt: skip
    return sealed


def environment(venv: Path, *named: object) -> Path:
    """The interpreter of a virtual environment in which a .pth file names these folders."""
    python = venv / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.symlink_to(sys.executable)
    site = venv / "lib" / "python3.11" / "site-packages"
    last = {"url": f"file://{named[-1]}" if named else "", "dir_info": {"editable": True}}
    write(site, {
        "zz_shop.pth": "".join(f"{one}\n" for one in named[:-1]),
        "shop-1.dist-info/direct_url.json": json.dumps(last),
    })  # fmt: skip
    return python


def below(place: Path, shown: tuple[Path, ...]) -> set[str]:
    return {str(p.relative_to(place)) for p in shown if p == place or place in p.parents}


def fences(tree: Path, python: Path) -> dict[str, tuple[Path, ...]]:
    """What each kind of program is shown beside its own folders."""
    held = {
        "tests": needs.for_tests(tree, python),
        "looking": needs.for_looking(python, tree),
        "agent": needs.for_agent(tree, python),
    }
    return {name: one.fence.readable for name, one in held.items()}


def test_what_a_wheel_names_is_not_shown(home: Path, tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "environments" / KEY
    (place / "checkout").mkdir(parents=True)
    named = [home / ".ssh", home / "work" / "lib", "/run", tmp_path, tree, home / "papers"]
    for kind, shown in fences(tree, environment(place / "venv", *named)).items():
        assert below(home, shown) == set(), kind
        assert below(tmp_path, shown) == {
            f"environments/{KEY}/venv", f"environments/{KEY}/checkout",
        }, kind  # fmt: skip


def test_the_control_in_an_environment_of_the_users_projects_are_shown(
    home: Path, tree: Path, tmp_path: Path
) -> None:
    write(tmp_path, {"elsewhere/lib.py": ""})
    (home / "work" / "link").symlink_to(home / ".ssh")
    (tmp_path / "link").symlink_to(home)
    named = [
        home / ".ssh", home / ".hidden", home / "papers", home, "/run", "/proc/self", "/etc/ssh",
        home / "work/link", tmp_path / "link", tmp_path / "link/.ssh", home / "work" / "lib" / "src",
        home / "tool/lib/python3/site-packages", tmp_path / "elsewhere", home / "work" / "app",
    ]  # fmt: skip
    shown = fences(tree, environment(home / "work/app/.venv", *named))
    for kind in ("tests", "looking"):
        assert below(home, shown[kind]) == {
            "work/app/.venv", "work/app", "work/lib/src", "tool/lib/python3/site-packages",
        }, kind  # fmt: skip
        assert tmp_path / "elsewhere" in shown[kind] and tmp_path / "link" not in shown[kind]
    assert below(home, shown["agent"]) == {"work/app/.venv"}
    told = environments.left_out(home / "work/app/.venv/bin/python")
    assert {home / ".ssh", home / "papers"} <= set(told), "so that a missing module is explained"
    assert not {home / "work" / "app", tmp_path / "elsewhere"} & set(told)


@pytest.mark.parametrize("name", ["checkout", "venv", "venv/bin"])
def test_a_folder_that_became_a_link_is_refused(
    home: Path, tree: Path, tmp_path: Path, name: str
) -> None:
    place = tmp_path / "environments" / KEY
    python = environment(place / "venv")
    (place / "checkout").mkdir()
    assert place / "checkout" in needs.for_agent(tree, python).fence.readable, "the control"
    (place / name).rename(tmp_path / "away")
    (place / name).symlink_to(home if name == "checkout" else tmp_path / "away")
    for fence in (needs.for_tests, needs.for_agent):
        with pytest.raises(ImproveError, match="has become a link"):
            fence(tree, python)
    with pytest.raises(ImproveError, match="has become a link"):
        needs.for_building(place, tmp_path / "downloads")


def elsewhere(place: Path, home: Path) -> str:
    """A path to a Python whose words lead into the home folder, while the kernel stays below."""
    link = place / "x"
    ups = len(link.parts) - 1
    deep = place / "/".join(["d"] * (ups + 1))
    deep.mkdir(parents=True)
    link.symlink_to(deep)
    landing = Path(*deep.parts[:-ups], *home.parts[1:])
    environment(landing / ".ssh")
    return f"{link}/{'../' * ups}{home.relative_to('/')}/.ssh/bin/python"


@pytest.mark.parametrize("kind", ["another installation", "nowhere", "other words"])
def test_an_interpreter_that_a_build_replaced_shows_nothing_more(
    home: Path, tree: Path, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "environments" / KEY
    python = environment(place / "venv")
    seen = (
        *needs.for_building(place, tmp_path / "downloads").fence.readable,
        Path(sys.executable).parents[1],
    )
    environments.require_unchanged(python, seen)
    python.unlink()
    target = {
        "another installation": str(home / ".pulumi/bin/pulumi"),
        "nowhere": str(home / ".ssh/bin/python"),
        "other words": elsewhere(place / "venv", home),
    }[kind]
    python.symlink_to(target)
    if kind == "another installation":  # it is one, so only who has seen the build can tell
        with pytest.raises(ImproveError, match="was replaced: it leads to"):
            environments.require_unchanged(python, seen)
    else:
        assert python.exists() == (kind == "other words")
        for shown in fences(tree, python).values():
            assert below(home, shown) == set()


REPLACING = """
import os, pathlib
place = pathlib.Path("{place}")
for order in (
    lambda: (place / "complete.json").write_text("mine"),
    lambda: (place / "checkout").rename(place / "elsewhere"),
    lambda: (place / "venv").rename(place / "elsewhere"),
    lambda: (place / "constraints.txt").unlink(),
):
    try: order(); print("done", end=" ")
    except OSError as error: print(error.errno and "denied", end=" ")
for folder in ("venv", "checkout"):
    (place / folder / "new").write_text("x")
print("wrote")
"""


def test_a_build_cannot_replace_its_own_folders_nor_say_that_it_is_complete(
    level: str, tmp_path: Path
) -> None:
    place = tmp_path / "cache" / "environments" / KEY
    write(place, {"venv/pyvenv.cfg": "", "checkout/setup.py": "", "constraints.txt": "a==1\n"})
    fence = needs.for_building(place, tmp_path / "downloads", [place / "constraints.txt"])
    argv = [sys.executable, "-I", "-c", REPLACING.format(place=place)]
    world = {"PATH": os.defpath}
    done = process.run(argv, cwd=place, env=world, timeout=60, merge=True, fence=fence)
    assert done.text.split()[-1] == "wrote", done.text
    assert sorted(p.name for p in place.iterdir()) == ["checkout", "constraints.txt", "venv"]
    assert (place / "constraints.txt").read_text() == "a==1\n"
    assert (place / "venv" / "new").exists() and (place / "checkout" / "new").exists()


def test_under_the_sandbox_a_planted_key_stays_unread(
    level: str, home: Path, tree: Path, tmp_path: Path
) -> None:
    place = tmp_path / "environments" / KEY
    python = environment(place / "venv", home / ".ssh", home / ".ssh")
    argv = ["cat", str(home / ".ssh" / "id_ed25519")]
    world = {"PATH": os.defpath}
    for fence in (needs.for_tests(tree, python), needs.for_agent(tree, python)):
        done = process.run(argv, cwd=tree, env=world, timeout=20, merge=True, fence=fence)
        assert not done.ok and SECRET not in done.text, level
    named = needs.for_tests(tree, python, readable=(home / ".ssh",))
    done = process.run(argv, cwd=tree, env=world, timeout=20, merge=True, fence=named)
    assert done.text == SECRET, "the control: it is read where it is shown"
