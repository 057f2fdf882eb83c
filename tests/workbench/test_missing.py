"""Imports that nothing provides are answered with what the project declares, never with a guess."""

from __future__ import annotations

from improve.workbench.declared import plan, read_project
from improve.workbench.missing import imported, is_loaded, remedies, unprovided


def test_only_unguarded_imports_at_the_top_count() -> None:
    text = (
        "import a.b, c as d\nfrom e.f import g\nfrom . import h\ntry:\n    import i\nexcept ImportError: ...\n"
        "if TYPE_CHECKING:\n    import j\ndef k():\n    import l\n"
    )
    assert imported(text) == {"a", "c", "e"}
    assert imported("import (") == set()


def test_standard_installed_and_own_modules_are_provided() -> None:
    names = {"json", "numpy", "shop", "helpers", "yaml", "distutils"}
    paths = ["src/shop/__init__.py", "tests/helpers.py"]
    assert unprovided(names, {"numpy"}, paths) == ["distutils", "yaml"]


def test_remedies_come_from_declarations_alone() -> None:
    declared = ["PyYAML>=6", "freezegun", "Foo_Bar==1"]
    assert remedies(["yaml", "foo_bar", "left_pad", "pkg_resources"], declared) == {
        "yaml": "PyYAML>=6",
        "foo_bar": "Foo_Bar==1",
        "pkg_resources": "setuptools<81",
    }


def test_documentation_and_scripts_are_not_loaded() -> None:
    paths = [
        "docs/conf.py",
        "scripts/x.py",
        "setup.py",
        "shop.py",
        "src/shop/a.py",
        "tests/test_a.py",
        "README",
    ]
    assert [p for p in paths if is_loaded(p)] == ["shop.py", "src/shop/a.py", "tests/test_a.py"]


def test_linters_of_a_development_group_are_set_aside_and_not_forgotten() -> None:
    text = (
        '[project]\nname = "shop"\n[dependency-groups]\ndev = ["pytest", "mypy>1", "freezegun"]\n'
    )
    needs = plan(read_project({"pyproject.toml": text}), "3.11").needs
    assert needs.requirements == ("pytest", "freezegun") and needs.aside == ("mypy>1",)
