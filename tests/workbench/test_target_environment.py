"""The target's environment, really built: what it holds, what is kept, what is told."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import ImproveError
from improve.records import LoggedEnvironment, TargetEnvironment
from improve.workbench import beneath, found, sandbox
from improve.workbench.bench import Bench, workbench
from improve.workbench.environ import test_environ as world_of_tests
from improve.workbench.environment import overlay, prepare
from improve.workbench.sandbox import policy
from improve.workbench.target import read_target

PYPROJECT = (
    '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n'
    '[project]\nname = "shop"\nversion = "1.0"\n'
)
GROUP = '[dependency-groups]\ntest = ["-emylib"]\n'
PLANTED = """
import pathlib, sys
for site in pathlib.Path(sys.argv[sys.argv.index("--python") + 1]).parents[1].glob("lib/*/site-packages"):
    (site / "planted.pth").write_text("")
"""
VERSIONED = (
    "from setuptools import setup\nfrom setuptools.command.build_py import build_py\nimport pathlib, subprocess\n"
    "class Build(build_py):\n    def run(self):\n        super().run()\n"
    "        tag = subprocess.run(['git', 'describe', '--tags'], capture_output=True, text=True).stdout.strip()\n"
    "        pathlib.Path(self.build_lib, 'shop', '_version.py').write_text(f'version = {tag!r}\\n')\n"
    "setup(cmdclass={'build_py': Build})\n"
)


class Case:
    """A user's repository, a bench over it and a cache."""

    def __init__(self, bench: Bench, user: Path, cache: Path) -> None:
        self.bench, self.user, self.cache = bench, user, cache
        self.commit = git(user, "rev-parse", "HEAD")
        self.said: list[str] = []

    def prepare(
        self, *setup: str, python: str | None = None, logged: LoggedEnvironment | None = None
    ) -> TargetEnvironment:
        return prepare(
            self.bench, self.commit, source=self.user, setup=setup,
            logged=logged or LoggedEnvironment(), cache=self.cache, python=python, seconds=300,
            progress=self.said.append,
        )  # fmt: skip

    def pytest(self, made: TargetEnvironment, tmp_path: Path) -> str:
        """The output of the target's tests in a fresh tree."""
        tree = self.bench.tree("run", self.commit)
        overlay(tree.path, made)
        done = subprocess.run(
            [made.python, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
            cwd=tree.path, env=world_of_tests(tree.path, made, tmp_path / "scratch"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr


@pytest.fixture
def cases(tmp_path: Path) -> Iterator[object]:
    """Makes a case out of files; the workbench goes when the test ends."""
    with contextlib.ExitStack() as stack:

        def make(files: dict[str, str], tag: str = "", name: str = "user") -> Case:
            user = repository(tmp_path / name, files)
            if tag:
                git(user, "tag", tag)
            who = ("Test", "test@example.invalid")
            bench = stack.enter_context(workbench(user / ".git", tmp_path / f"{name}-bench", who))
            return Case(bench, user, tmp_path / "cache")

        yield make


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers where packages come from."""
    for name in [n for n in os.environ if n.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")


def user_environment(place: Path, *paths: Path, hook: str = "") -> None:
    """A virtual environment that sees our pytest, with ``paths`` on its path as editable installs are."""
    venv.create(place, with_pip=False)
    site = next(place.glob("lib/python*/site-packages"))
    lines = [*map(str, paths), sysconfig.get_paths()["purelib"], hook]
    (site / "__editable__.pth").write_text("\n".join(lines) + "\n")


@pytest.mark.slow
def test_a_src_project_with_a_generated_file(cases, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    case = cases(
        {
            "pyproject.toml": PYPROJECT + '[project.optional-dependencies]\ntest = ["iniconfig"]\n'
            '[tool.pytest.ini_options]\naddopts = "--timeout=60"\n',
            "setup.py": VERSIONED,
            ".gitignore": "_version.py\n",
            "src/shop/__init__.py": "from shop._version import version\n",
            "tests/test_shop.py": "import iniconfig, shop\n\ndef test_version():\n    assert shop.version == 'v3.1'\n"
            "    assert '/trees/run/' in shop.__file__\n",
        },
        tag="v3.1",
    )
    made = case.prepare()
    assert (made.import_roots, made.top_level, list(made.generated)) == (
        ("src",),
        ("shop",),
        ["src/shop/_version.py"],
    )
    assert made.source == "built from the project, extra 'test'" and made.notes == ()
    assert {"pytest", "pytest-timeout", "iniconfig", "shop"} <= set(made.packages)
    assert "1 passed" in case.pytest(made, tmp_path)

    began = time.perf_counter()
    assert case.prepare() == made, "the second time it comes from the cache"
    assert time.perf_counter() - began < 1

    place = case.cache / "environments" / made.key
    (place / "complete.json").unlink()
    (place / "venv" / "half-written").write_text("as left by kill -9")
    again = case.prepare()
    assert again.python == made.python and not (place / "venv" / "half-written").exists()
    assert git(case.user, "status", "--porcelain", "--ignored") == ""


@pytest.mark.slow
def test_a_commit_that_first_imports_an_extra_is_not_served_without_it(cases) -> None:  # type: ignore[no-untyped-def]
    extra = '[project.optional-dependencies]\nrare = ["six"]\n'
    case = cases({"pyproject.toml": PYPROJECT + extra, "src/shop/__init__.py": ""})
    before = case.prepare()
    write(case.user, {"src/shop/__init__.py": "import six\n"})
    git(case.user, "commit", "-qam", "with six")
    case.commit = git(case.user, "rev-parse", "HEAD")
    case.bench.git.must("fetch", "--quiet", str(case.user), case.commit)
    made = case.prepare()
    assert "six" not in before.packages and "six" in made.packages
    assert made.notes == ("Added, as the target imports them: six.",)


@pytest.mark.slow
def test_a_flat_project_under_the_versions_of_the_log(cases, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    case = cases(
        {
            "pyproject.toml": PYPROJECT
            + '[tool.setuptools]\npy-modules = ["shop"]\n[dependency-groups]\n'
            'tests = ["no-such-package-here @ file:///nowhere/at-all.whl", "iniconfig"]\n',
            "shop.py": "x = 1\n",
            "test_shop.py": "import shop\n\ndef test_x():\n    assert shop.x == 1\n",
        }
    )
    logged = LoggedEnvironment(pytest="8.3.3", packages={"iniconfig": "2.0.0", "pluggy": "1.5.0"})
    made = case.prepare(logged=logged)
    assert made.packages["pytest"] == "8.3.3"
    assert made.top_level == ("shop",) and "1 passed" in case.pytest(made, tmp_path)
    assert any("failed" in note for note in made.notes), "the step down is told"


@pytest.mark.slow
def test_setup_commands_replace_everything_else(cases, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    case = cases(
        {
            "pyproject.toml": PYPROJECT
            + '[project.optional-dependencies]\ntest = ["never-installed"]\n',
            "src/shop/__init__.py": "from shop.made import x\n",
            "test_shop.py": "import shop\n\ndef test_x():\n    assert '/trees/run/' in shop.__file__\n",
        }
    )
    made = case.prepare(
        "pip install -q -e .", "echo 'x = 1' > src/shop/made.py", "pip install -q pytest"
    )
    assert made.source == "built by the request's `setup`" and made.generated.keys() == {
        "src/shop/made.py"
    }
    assert "1 passed" in case.pytest(made, tmp_path)
    with pytest.raises(ImproveError, match=r"(?s)`setup` command.*status 3"):
        case.prepare("exit 3")
    assert [p.name for p in (case.cache / "environments").glob("*/complete.json")] == [
        "complete.json"
    ]


@pytest.mark.slow
def test_without_a_network_the_users_environment_is_used_as_it_is(  # type: ignore[no-untyped-def]
    cases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases(
        {
            "requirements.txt": "pytest\n",
            "shop/__init__.py": "x = 1\n",
            "test_shop.py": "import shop\n\ndef test_x():\n    assert '/trees/run/' in shop.__file__\n",
        }
    )
    no_network(monkeypatch)
    other = tmp_path / "other"
    (other / "shop").mkdir(parents=True)
    (other / "shop" / "__init__.py").write_text("x = 'the editable install of another copy'\n")
    user_environment(case.user / ".venv", other)
    before = sorted(str(p) for p in (case.user / ".venv").rglob("*"))
    made = case.prepare()
    assert made.key == "" and made.python == str(case.user / ".venv" / "bin" / "python")
    assert made.notes[0] == "An environment could not be built without a network."
    assert "1 passed" in case.pytest(made, tmp_path), "the tree goes before the editable install"
    assert sorted(str(p) for p in (case.user / ".venv").rglob("*")) == before
    assert not list((case.cache / "environments").glob("*/"))


@pytest.mark.nightly
def test_what_a_build_leaves_among_downloads_is_not_anothers_to_install(cases) -> None:  # type: ignore[no-untyped-def]
    left = 'mkdir -p "$PIP_CACHE_DIR" && echo a wheel of mine > "$PIP_CACHE_DIR/left"'
    look = 'find "$XDG_CACHE_HOME/.." -name left -exec cat {} + ; exit 3'
    hostile, other = (cases({"a.py": ""}, name=name) for name in ("hostile", "other"))
    told: list[str] = []
    for one, setup in ((hostile, (left, look)), (other, (look,))):
        with pytest.raises(ImproveError, match="A `setup` command") as failed:
            one.prepare(*setup)
        told.append(str(failed.value))
    assert "a wheel of mine" in told[0], "the control"
    assert "a wheel of mine" not in told[1]


@pytest.mark.slow
def test_pip_does_not_see_what_lies_in_the_checkout_unasked(  # type: ignore[no-untyped-def]
    cases, tmp_path: Path
) -> None:
    """Its module would run in pip's place, and its environment is one that others get, too."""
    case = cases({"requirements.txt": "iniconfig\n", "test_a.py": "", "pip.py": PLANTED})
    made = case.prepare()
    place = case.cache / "environments" / made.key
    assert {"iniconfig", "pytest"} <= set(made.packages) and not list(place.rglob("planted*"))
    (tmp_path / "lib" / "python3" / "site-packages").mkdir(parents=True)
    python = tmp_path / "bin" / "python"
    subprocess.run([sys.executable, "-m", "pip", "--python", python], cwd=case.user, check=True)
    assert list(tmp_path.glob("lib/*/*/planted*")), "the control: there it runs"


@pytest.mark.parametrize(
    ("files", "setup", "alike"),
    [
        ({"requirements.txt": "attrs\npackaging>=20\n"}, (), True),
        ({"requirements.txt": "attrs\n"}, ("make install",), False),
        ({"pyproject.toml": PYPROJECT, "shop/__init__.py": ""}, (), False),
        ({"requirements.txt": "./tools\n", "tools/setup.py": ""}, (), False),
        ({"requirements.txt": "tools @ file:tools\n"}, (), False),
        ({"requirements.txt": "-e tools\n", "tools/setup.py": ""}, (), False),
        ({"requirements.txt": "tools-1.0.tar.gz\n"}, (), False),
        (
            {
                "requirements.txt": "attrs\n-c constraints.txt\n",
                "constraints.txt": "attrs @ file:a\n",
            },
            (),
            False,
        ),
        ({"requirements.txt": "attrs\n", "requirements-x.txt": "a @ file:libs/a\n"}, (), False),
        ({"requirements.txt": "attrs\n", "pyproject.toml": GROUP}, (), False),
    ],
)
def test_an_environment_that_the_targets_code_had_a_hand_in_is_for_that_repository_alone(  # type: ignore[no-untyped-def]
    cases, files: dict[str, str], setup: tuple[str, ...], alike: bool
) -> None:
    one, other = (
        read_target(it.bench, it.commit, it.user, setup, LoggedEnvironment(), None)
        for it in (cases(files, name=name) for name in ("one", "other"))
    )
    assert (one.key == other.key) is alike
    assert (one.whose == other.whose == "") is alike, "what is fetched for all is built by nobody"


def test_an_environment_that_imports_another_copy_first_is_refused(  # type: ignore[no-untyped-def]
    cases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases({"pyproject.toml": PYPROJECT, "src/shop/__init__.py": "x = 1\n"})
    other = tmp_path / "other"
    (other / "shop").mkdir(parents=True)
    (other / "shop" / "__init__.py").write_text("")
    user_environment(case.user / ".venv", hook=f"import sys; sys.path.insert(0, {str(other)!r})")
    python = str(case.user / ".venv" / "bin" / "python")
    site = next((case.user / ".venv").glob("lib/python*/site-packages/__editable__.pth"))
    monkeypatch.setattr(policy, "_decided", sandbox.Policy(readable=(other,)))
    with pytest.raises(ImproveError, match="from another copy"):
        case.prepare(python=python)
    site.write_text(sysconfig.get_paths()["purelib"] + "\n")
    made = case.prepare(python=python)
    assert made.source.startswith("found at") and made.top_level == ("shop",)


def test_an_environment_that_is_committed_is_the_targets_not_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its .pth files and links would say what of the machine is shown in the sandbox."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    user = repository(tmp_path / "user", {"a.py": ""})
    write(user, {"venv/pyvenv.cfg": "", ".venv/pyvenv.cfg": ""})
    repository(user / "env", {"pyvenv.cfg": ""})
    python = [user / name / "bin" / "python" for name in (".venv", "venv", "env")]
    assert found.candidates(user) == python, "the control: git knows none of them"
    git(user, "add", "-f", "venv/pyvenv.cfg")
    git(user, "-c", "advice.addEmbeddedRepo=false", "add", "-f", "env")  # as a submodule is
    assert found.candidates(user) == python[:1]
    write(tmp_path, {"plain/.venv/pyvenv.cfg": ""})
    assert found.candidates(tmp_path / "plain"), "no repository, nothing committed"


@pytest.mark.slow
def test_when_nothing_works_the_error_tells_what_pip_said(
    cases, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    case = cases({"requirements.txt": "left-pad\n", "shop.py": "x = 1\n"})
    no_network(monkeypatch)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    with pytest.raises(
        ImproveError, match=r"(?s)No environment.*install failed.*127.0.0.1"
    ) as error:
        case.prepare()
    assert "`setup` in info.json" in error.value.cure


def built(place: Path, generated: dict[str, str]) -> TargetEnvironment:
    """An environment that was built at ``place``, as its record tells of it."""
    python = str(place / "venv" / "bin" / "python")
    return TargetEnvironment(
        python=python, python_version="3.11", key=place.name, source="", generated=generated
    )


def test_the_overlay_never_writes_over_the_tree_or_outside_of_it(tmp_path: Path) -> None:
    tree, place = tmp_path / "tree", tmp_path / "environments" / ("0a" * 10)
    (tree / "shop").mkdir(parents=True)
    (tree / "shop" / "a.py").write_text("mine")
    (tree / "link").symlink_to(tmp_path)
    write(place, {"venv/made.py": "made"})
    goals = ("shop/a.py", "shop/b/c.py", "link/out.py", "../out.py")
    made = built(place, {goal: str(place / "venv/made.py") for goal in goals} | {"gone.py": "/no"})
    assert overlay(tree, made) == ("shop/b/c.py",)
    assert (tree / "shop" / "a.py").read_text() == "mine" and not (tmp_path / "out.py").exists()
    assert json.loads(made.model_dump_json())["generated"]


def test_the_overlay_takes_files_of_the_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build leaves what it likes: links to the user's key must not end in the tree."""
    tree, place = tmp_path / "tree", tmp_path / "environments" / ("0a" * 10)
    write(tmp_path, {"home/.ssh/id_rsa": "the key", "tree/a.py": ""})
    write(place, {"venv/lib/python3/shop/good.py": "made", "checkout/shop/b.py": ""})
    (place / "venv" / "lib64").symlink_to("lib")  # as Python itself makes one
    (place / "venv" / "link.py").symlink_to("lib/python3/shop/good.py")
    (place / "checkout" / "key.py").symlink_to(tmp_path / "home/.ssh/id_rsa")
    (place / "checkout" / "circle.py").symlink_to("circle.py")
    (place / "checkout" / "home").symlink_to(tmp_path / "home")
    os.mkfifo(place / "checkout" / "fifo.py")
    with (place / "checkout" / "huge.py").open("wb") as stream:
        stream.truncate(2000)
    monkeypatch.setattr(beneath, "LARGEST_FILE", 1000)
    honest = ("venv/lib64/python3/shop/good.py", "venv/link.py")
    hostile = ("key.py", "circle.py", "home/.ssh/id_rsa", "fifo.py", "huge.py", "shop", "")
    away = ("../../../home/.ssh/id_rsa", "/home/.ssh/id_rsa", "../../no")
    origins = [*honest, *(f"checkout/{name}" for name in (*hostile, *away)), "/dev/zero"]
    made = built(place, {f"n{n}.py": f"{place}/{one}" for n, one in enumerate(origins)})
    made = made.model_copy(
        update={"generated": made.generated | {"key.py": str(tmp_path / "home/.ssh/id_rsa")}}
    )
    assert overlay(tree, made) == ("n0.py", "n1.py")
    assert {p.read_text() for p in tree.glob("n*.py")} == {"made"}
    users = made.model_copy(update={"python": str(tmp_path / "home/.venv/bin/python")})
    assert overlay(tree / "other", users) == (), "nothing was built there"
