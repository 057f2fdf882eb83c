"""The guard: honest diffs pass, each way of cheating is refused with its reason."""

from __future__ import annotations

import pytest

from improve.guard import inspect, role_of


def diff(path: str, added: str = "x = 1", *, new: bool = False, mode: str = "100644") -> bytes:
    head = f"diff --git a/{path} b/{path}\n"
    head += f"new file mode {mode}\n--- /dev/null\n" if new else f"--- a/{path}\n"
    span = "@@ -0,0 +1 @@\n" if new else "@@ -1 +1 @@\n-y = 2\n"
    return f"{head}+++ b/{path}\n{span}+{added}\n".encode()


def reasons(patch: bytes, frozen: set[str] | None = None, extra: tuple[str, ...] = ()) -> str:
    return "; ".join(v.reason for v in inspect(patch, frozen or set(), extra) if not v.passed)


@pytest.mark.parametrize(
    "path",
    [
        "src/app/core.py",
        "app/contest.py",
        "app/latest.py",
        "src/app/testing/fakes.py",
        "docs/guide.md",
        "a b.py",
    ],
)
def test_product_changes_pass(path: str) -> None:
    assert reasons(diff(path)) == ""


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("tests/test_core.py", "a test"),
        ("app/tests/data.json", "a test"),
        ("test_core.py", "a test"),
        ("tests/core_test.py", "a test"),
        ("conftest.py", "conftest"),
        ("pkg/deep/conftest.py", "conftest"),
        ("pytest.ini", "test configuration"),
        ("pyproject.toml", "test configuration"),
        (".github/workflows/ci.yml", "a CI file"),
        ("requirements-dev.txt", "a dependency declaration"),
        ("sitecustomize.py", "patches the interpreter"),
        ("sitecustomize/__init__.py", "patches the interpreter"),
        ("src/usercustomize/__init__.py", "patches the interpreter"),
        ("x.pth", "patches the interpreter"),
        ("pytest.py", "replace the test runner"),
        (".gitattributes", "git configuration"),
        ("CLAUDE.md", "instructions"),
    ],
)
def test_protected_paths_are_refused(path: str, word: str) -> None:
    assert word in reasons(diff(path)), f"{path} passed the guard"
    assert word in reasons(diff(path, new=True)), f"a new {path} passed the guard"


def test_a_weakened_test_is_named_as_such() -> None:
    patch = diff("tests/test_core.py", "@pytest.mark.skip")
    assert "tests/test_core.py is a test and was edited (it adds 'skip')" in reasons(patch)


def test_a_deleted_test_is_named_as_such() -> None:
    patch = (
        b"diff --git a/tests/test_a.py b/tests/test_a.py\ndeleted file mode 100644\n"
        b"--- a/tests/test_a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-assert True\n"
    )
    assert "tests/test_a.py is a test and was deleted" in reasons(patch)


def test_the_frozen_reproduction_is_refused() -> None:
    path = "reproduce-deterministic-failures/x/tests/test_x.py"
    assert "is the reproduction" in reasons(diff(path), {path})


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("os._exit(0)", "ends the process"),
        ("if 'PYTEST_CURRENT_TEST' in os.environ:", "looks for the test runner"),
        ("if 'pytest' in sys.modules:", "looks for the test runner"),
        ("import pytest; pytest.skip('later')", "skips"),
    ],
)
def test_code_that_makes_the_judge_useless_is_refused(line: str, word: str) -> None:
    assert word in reasons(diff("src/app/core.py", line))


FORMS = pytest.mark.parametrize(
    ("patch", "word"),
    [
        (diff("src/link", new=True, mode="120000"), "symbolic link"),
        (diff("src/sub", new=True, mode="160000"), "submodule"),
        (b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "file modes"),
        (b"x" * 300_000, "bytes"),
        (
            diff("src/a.py", "\n+".join(["x = 1"] * 250)).replace(
                b"@@ -1 +1 @@", b"@@ -1 +1,250 @@"
            ),
            "added lines",
        ),
    ],
)


@pytest.mark.parametrize(
    "path",
    [
        "json.py",
        "src/pytest/__init__.py",
        "lib/pluggy.py",
        "improve_recorder.py",
        "os.cpython-311.so",
    ],
)
def test_a_new_module_may_not_hide_one_that_the_judge_imports(path: str) -> None:
    assert "would hide" in reasons(diff(path, new=True))


def test_nor_below_a_folder_that_modules_are_imported_from() -> None:
    patch = diff("backend/pytest/__init__.py", new=True)
    told = [one.reason for one in inspect(patch, set(), (), ("backend",)) if one.refuses]
    assert len(told) == 1 and "would hide 'pytest'" in told[0]
    assert reasons(patch) == "", "the control: elsewhere it is a package of the product's"


@pytest.mark.parametrize("path", ["app/json.py", "src/app/queue/__init__.py", "platform/tools.py"])
def test_a_new_module_with_a_common_name_inside_a_package_passes(path: str) -> None:
    assert reasons(diff(path, new=True)) == ""


def test_the_judges_own_names_are_refused_in_product_code() -> None:
    assert "reaches for the judge" in reasons(diff("app/a.py", "import _pytest.runner"))
    assert "reaches for the judge" in reasons(diff("app/a.py", "open(environ['IMPROVE_RECORD'])"))


def test_a_link_that_is_only_redirected_is_refused() -> None:
    patch = diff("app/link").replace(b"--- a/", b"index 1111111..2222222 120000\n--- a/")
    assert "redirects a link" in reasons(patch)


def test_a_quoted_name_cannot_hide_a_conftest() -> None:
    patch = (
        diff("x")
        .replace(b"a/x", b'"a/we\\tird/conftest.py"')
        .replace(b"b/x", b'"b/we\\tird/conftest.py"')
    )
    assert "control characters" in reasons(patch)


@FORMS
def test_forms_that_nobody_reads_are_refused(patch: bytes, word: str) -> None:
    assert word in reasons(patch)


def test_a_team_can_protect_more() -> None:
    assert role_of("migrations/0001.sql") is None
    assert "this team's settings" in (role_of("migrations/0001.sql", ["migrations/*"]) or "")


@pytest.mark.parametrize(
    "extra", [("!tests/**",), ("",), ("-tests/*", "!conftest.py"), ("docs/**",)]
)
def test_a_teams_list_adds_and_never_takes_away(extra: tuple[str, ...]) -> None:
    for path in (
        "tests/test_core.py",
        "Tests/Helper.cs",
        "web/cart.test.ts",
        "conftest.py",
        "go.sum",
    ):
        assert role_of(path, extra), f"{path} is no longer protected with {extra}"
    assert (role_of("docs/a.md", extra) is not None) == (extra == ("docs/**",))
