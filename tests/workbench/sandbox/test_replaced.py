"""What is kept read-only inside of a writable tree, when a program puts a link in its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.repositories import write

from improve.workbench import process
from improve.workbench.sandbox import needs, visible

SECRET = "machine github.com password"
WORLD = {"PATH": os.defpath}


@pytest.mark.parametrize("target", ["{home}/.netrc", "../../../.netrc", "{home}"])
def test_an_agents_next_command_does_not_see_what_its_link_leads_to(
    level: str, sealed: Path, target: str
) -> None:
    tree = sealed / "work" / "tree"
    frozen = tree / "tests" / "test_shop.py"
    write(sealed, {".netrc": SECRET, "work/tree/tests/test_shop.py": "the test", "work/note": ""})

    def run(script: str, *readable: Path) -> str:
        fence = needs.for_agent(tree, None, readable=(sealed / "work/note", *readable))
        argv = ["sh", "-c", script]
        return process.run(argv, cwd=tree, env=WORLD, timeout=20, merge=True, fence=fence).text

    read = f"cat tests/test_shop.py tests/test_shop.py/.netrc {sealed}/.netrc"
    assert "the test" in run(read, frozen), "the control: as long as it is no link"
    link = target.format(home=sealed)
    moved = f"mv tests were; mkdir tests; ln -s {link} tests/test_shop.py; readlink tests/*"
    assert run(moved, frozen).split() == [link], "the control: it can do that"
    assert SECRET not in run(read, frozen)
    assert SECRET in run(read, sealed / ".netrc"), "the control: it is read where it is shown"


def test_only_links_below_a_writable_folder_count(tmp_path: Path) -> None:
    write(tmp_path, {"tree/a.py": "", "tree/sub/b.py": "", "real/tool": ""})
    (tmp_path / "tool").symlink_to("real")
    (tmp_path / "way").symlink_to(tmp_path)
    (tmp_path / "tree" / "in").symlink_to("sub")
    tree, through = tmp_path / "tree", tmp_path / "way" / "tree"
    kept = (tmp_path / "tool", tree / "a.py", tree, through / "a.py", tree / "sub" / "missing.py")
    gone = (tree / "in" / "b.py", tree / "in")
    assert visible.unreplaced((*kept, *gone), (tree, through)) == kept
