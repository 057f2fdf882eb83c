"""Which tests a command's output names, wherever the checkout lay that it ran in."""

from __future__ import annotations

from pathlib import Path

from tests.support.repositories import write

from improve.checks.named_tests import named_tests

FILES = {"test/total.test.js": "one\ntwo\n", "shop.js": "x\n", "other/total.test.js": "y\n"}
OUTPUT = """\
not ok 1 - sums
  location: '/somewhere/trees/before/test/total.test.js:2:1'
    at total (/somewhere/trees/before/shop.js:9:3)
    at /somewhere/trees/before/test/total.test.js:1:10
    at /etc/passwd.test.js:1:1 and ../../outside/test/x.test.js:3
"""


def test_tests_are_found_by_the_end_of_their_path_with_their_lines(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (found,) = named_tests(tmp_path, ["node --test", OUTPUT])
    assert found == ("test/total.test.js", "one\ntwo\n", (1, 2))


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.txt": "s", "tree/shop.js": "x"})
    (tmp_path / "tree" / "a.test.js").symlink_to(tmp_path / "secret.txt")
    assert named_tests(tmp_path / "tree", ["a.test.js:1"]) == []
