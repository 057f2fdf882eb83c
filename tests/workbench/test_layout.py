"""Where the target's packages lie, and which files only a build makes."""

from __future__ import annotations

import pytest

from improve.workbench.layout import from_installed, from_tree, project_folder


def test_an_installed_copy_tells_roots_names_and_generated_files() -> None:
    tracked = [
        "pyproject.toml",
        "src/shop/__init__.py",
        "src/shop/cart.py",
        "tests/test_cart.py",
        "docs/shop/cart.py",
    ]
    installed = {
        name: f"/site/{name}"
        for name in (
            "shop/__init__.py",
            "shop/cart.py",
            "shop/_version.py",
            "shop/fast.cpython-311.so",
        )
    }
    found = from_installed(tracked, installed)
    assert found.roots == ("src",) and found.top_level == ("shop",)
    assert found.generated == {
        "src/shop/_version.py": "/site/shop/_version.py",
        "src/shop/fast.cpython-311.so": "/site/shop/fast.cpython-311.so",
    }


def test_tests_that_were_installed_by_mistake_are_not_the_product() -> None:
    tracked = ["shop.py", "tests/__init__.py", "tests/test_a.py"]
    found = from_installed(
        tracked, {"shop.py": "/s/shop.py", "tests/__init__.py": "/s/t", "tests/test_a.py": "/s/u"}
    )
    assert (found.roots, found.top_level) == ((".",), ("shop",))


def test_an_extension_without_any_source_in_the_tree_is_left_where_it_is() -> None:
    found = from_installed(
        ["src/shop/__init__.py"], {"shop/__init__.py": "/a", "_shop.abi3.so": "/b"}
    )
    assert found.top_level == ("shop",) and found.generated == {}


def test_two_roots_stay_two_with_the_top_last() -> None:
    found = from_installed(
        ["a/__init__.py", "lib/b/__init__.py"], {"a/__init__.py": "/a", "b/__init__.py": "/b"}
    )
    assert found.roots == ("lib", ".")


@pytest.mark.parametrize(
    ("tracked", "roots", "names"),
    [
        (["src/shop/__init__.py", "tests/__init__.py"], ("src",), ("shop",)),
        (
            ["shop/__init__.py", "setup.py", "tests/__init__.py", "docs/__init__.py"],
            (".",),
            ("shop",),
        ),
        (["shop.py", "conftest.py", "test_shop.py", "noxfile.py"], (".",), ("shop",)),
        (["README.md"], (".",), ()),
    ],
)
def test_the_tree_alone_tells_enough_for_most(
    tracked: list[str], roots: tuple[str, ...], names: tuple[str, ...]
) -> None:
    found = from_tree(tracked)
    assert (found.roots, found.top_level) == (roots, names)


def test_a_project_below_the_top_is_found() -> None:
    paths = ["README.md", "python/pyproject.toml", "docs/setup.py", "server/setup.py"]
    assert project_folder(paths) == "python"
    assert project_folder(paths, "/home/runner/work/x/x/server") == "server"
    assert project_folder(["pyproject.toml", "sub/setup.py"]) == ""
    assert from_tree(["python/src/a/__init__.py"], "python").roots == ("python/src",)
