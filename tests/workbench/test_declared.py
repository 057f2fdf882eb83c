"""What a project declares is read from texts, whatever tool it was written for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improve.workbench.declared import is_declaring, plan, read_project
from improve.workbench.declared.locks import agreeing, constraints, from_locks
from improve.workbench.declared.nox import read_nox
from improve.workbench.declared.plugins import demanded, pytest_settings, used_in
from improve.workbench.declared.requirements import argument, from_poetry, name_of, rank, read_file
from improve.workbench.declared.setuptools import from_setup_py
from improve.workbench.declared.shell import read_shell
from improve.workbench.declared.tox import expand, read_tox

PROJECT = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.9"\n'


def needs(texts: dict[str, str], minor: str = "3.11") -> tuple[set[str], set[str]]:
    """Requirements and extras that are chosen for these texts."""
    made = plan(read_project(texts), minor).needs
    return set(made.requirements), set(made.extras)


@pytest.mark.parametrize(
    ("texts", "requirements", "extras"),
    [
        (
            {
                "pyproject.toml": PROJECT
                + '[project.optional-dependencies]\ntest = ["a"]\ndocs = ["b"]'
            },
            set(),
            {"test"},
        ),
        (
            {
                "pyproject.toml": PROJECT
                + '[dependency-groups]\ntests = ["a", {include-group = "more"}]\nmore = ["b>1"]'
            },
            {"a", "b>1"},
            set(),
        ),
        ({"pyproject.toml": PROJECT + '[tool.uv]\ndev-dependencies = ["a"]'}, {"a"}, set()),
        (
            {"pyproject.toml": PROJECT + '[tool.pdm.dev-dependencies]\ntest = ["a"]\nlint = ["b"]'},
            {"a"},
            set(),
        ),
        (
            {
                "pyproject.toml": '[tool.poetry]\nname = "shop"\n[tool.poetry.group.test.dependencies]\na = "^1.2"'
            },
            {"a>=1.2,<2"},
            set(),
        ),
        (
            {
                "pyproject.toml": '[tool.poetry]\nname = "shop"\n[tool.poetry.dev-dependencies]\na = "~0.3"'
            },
            {"a>=0.3,<0.4"},
            set(),
        ),
        (
            {
                "pyproject.toml": PROJECT
                + '[tool.hatch.envs.default]\ndependencies = ["a"]\nfeatures = ["x"]\n'
                + "[project.optional-dependencies]\nx = []"
            },
            {"a"},
            {"x"},
        ),
        (
            {
                "setup.cfg": "[metadata]\nname = shop\n[options.extras_require]\ntesting =\n  a\n  b",
                "setup.py": "",
            },
            set(),
            {"testing"},
        ),
        (
            {"setup.py": "T = ['a']\nsetup(name='shop', extras_require={'test': T + ['b']})"},
            set(),
            {"test"},
        ),
        ({"setup.py": "setup(name='shop', tests_require=['a', 'b'])"}, {"a", "b"}, set()),
        (
            {
                "pyproject.toml": PROJECT,
                "requirements-dev.txt": "-r requirements.txt\na\nruff\n",
                "requirements.txt": "b==1 # why",
            },
            {"a", "b==1"},
            set(),
        ),
        (
            {
                "pyproject.toml": PROJECT,
                "requirements/tests.in": "z",
                "requirements/tests.txt": "a==1 --hash=sha256:00\n-c limits.txt",
            },
            {"a==1"},
            set(),
        ),
        ({"pyproject.toml": PROJECT, "tests/requirements.txt": "a\n-e ..\n"}, {"a"}, set()),
        (
            {
                "pyproject.toml": PROJECT,
                "tox.ini": "[testenv]\ndeps =\n  a\n  py310: b\n  py311: c\n  -rreq/x.txt\n"
                "extras = cli\ncommands = pytest {posargs}",
                "req/x.txt": "d",
            },
            {"a", "c", "d"},
            {"cli"},
        ),
        ({"requirements.txt": "a\n", "test-requirements.txt": "b\n"}, {"a", "b"}, set()),
        (
            {
                "pyproject.toml": PROJECT
                + '[dependency-groups]\ndev = ["a", "shop[fast]", "mypy", "sphinx-rtd-theme"]\n'
                + '[project.optional-dependencies]\nfast = ["q"]'
            },
            {"a"},
            {"fast"},
        ),
    ],
)
def test_a_declaration_of_test_requirements_is_found(
    texts: dict[str, str], requirements: set[str], extras: set[str]
) -> None:
    assert needs(texts) == (requirements, extras)


WORKFLOW = """
on: push
jobs:
  lint:
    steps:
      - run: pip install ruff
  unit:
    strategy: {matrix: {python: ["3.11"]}}
    steps:
      - uses: actions/checkout@v4
      - run: |
          python -m pip install --upgrade pip setuptools
          %s
      - run: %s
"""


@pytest.mark.parametrize(
    ("install", "run", "requirements", "extras"),
    [
        ("pip install -e '.[ci,extra]'", "pytest", set(), {"ci", "extra"}),
        (
            "pip install . -r reqs/unit.txt freezegun",
            "python -m pytest -x",
            {"u", "freezegun"},
            set(),
        ),
        ("pip install --group unit .", "coverage run -m pytest", {"g"}, set()),
        ("uv sync --group unit --extra ci --no-dev", "uv run --no-dev pytest", {"g"}, {"ci"}),
        ("uv sync", "uv run --with w pytest", {"d", "w"}, set()),
        ("make setup", "make check", {"m"}, set()),
        ("bash scripts/install.sh", "pytest", {"s", "t", "v"}, set()),
        ("uv tool install tox", "uv run tox -e unit", {"x"}, set()),
        ("pip install nox", "nox -s unit", {"n1", "n2"}, set()),
        (
            "PIP=1 pip install pytest ${{ matrix.dep }} 'a>=1; python_version>\"3\"' b && echo $HOME",
            "pytest && true",
            {'a>=1; python_version>"3"', "b"},
            set(),
        ),
    ],
)
def test_the_projects_own_ci_names_what_to_install(
    install: str, run: str, requirements: set[str], extras: set[str]
) -> None:
    texts = {
        "pyproject.toml": PROJECT
        + '[project.optional-dependencies]\nci = ["c"]\nextra = ["e"]\n'
        + '[dependency-groups]\nunit = ["pytest", "g"]\ndev = ["pytest", "d"]\n',
        "reqs/unit.txt": "pytest\nu",
        "Makefile": "setup: base\n\tpip install m pytest-none $(X)\nbase:\n\t@true\ncheck:\n\tpytest\n",
        "scripts/install.sh": "set -e\nif true; then\n  pip install s t \\\n    v\nfi\n",
        "tox.ini": "[testenv:unit]\ndeps =\n  pytest\n  x\ncommands = pytest\n",
        "noxfile.py": "D = ['n2']\n@nox.session\ndef unit(session):\n    session.install('n1', *D)\n"
        "    session.run('pytest')\n",
        ".github/workflows/ci.yml": WORKFLOW % (install, run),
    }
    found, chosen = needs(texts)
    assert (found - {"pytest", "pytest-none"}, chosen) == (requirements, extras)


def test_the_words_for_the_source_name_what_was_used() -> None:
    texts = {
        "pyproject.toml": PROJECT,
        ".github/workflows/ci.yml": WORKFLOW % ("pip install . pytest", "pytest"),
    }
    assert plan(read_project(texts), "3.11").sources == (
        "the project",
        "as .github/workflows/ci.yml does",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("test", 3),
        ("Tests", 3),
        ("testing", 3),
        ("unit-tests", 2),
        ("test_all", 2),
        ("dev", 1),
        ("all", 1),
        ("docs", 0),
        ("latest", 0),
        ("contest", 2),
    ],
)
def test_names_of_groups_are_ranked(name: str, expected: int) -> None:
    assert rank(name) == expected


def test_arguments_of_pip_are_told_apart() -> None:
    assert argument(".[a, b]").extras == ("a", "b")
    assert argument("./libs/x[y]").requirements == ("./libs/x[y]",)
    assert argument("../outside").requirements == () and argument("/abs").requirements == ()
    assert argument("git+https://example.invalid/x.git").requirements == (
        "git+https://example.invalid/x.git",
    )
    assert argument("name @ https://example.invalid/x.whl").requirements
    assert argument("$PACKAGES") == argument("not a name") == argument("")
    assert (
        name_of("Foo.Bar[x]>=1") == "foo-bar"
        and name_of("./libs") == ""
        and name_of("git+https://x") == ""
    )


def test_files_that_include_each_other_end() -> None:
    assert read_file({"a.txt": "-r b.txt\nx", "b.txt": "-r a.txt\ny"}, "a.txt").requirements == (
        "y",
        "x",
    )


def test_setup_py_is_read_and_never_run() -> None:
    text = "raise SystemExit\nbase = {'a': ['x']}\nbase['all'] = base['a'] + ['y']\n"
    text += "setup(**dict(name='s', extras_require=base))"
    assert from_setup_py(text) == {"name": "s", "extras_require": {"a": ("x",), "all": ("x", "y")}}
    assert from_setup_py("setup(") == {}


def test_poetrys_versions_become_those_of_pip() -> None:
    table = {
        "python": "^3.9", "a": "^0.2.3", "b": "~1", "c": "*", "d": "1.2", "e": {"version": ">=1", "extras": ["z"]},
        "f": {"git": "https://example.invalid/f.git", "tag": "v1"},
        "g": {"version": "1", "optional": True}, "h": {"path": "../h"},
    }  # fmt: skip
    assert from_poetry(table) == (
        "a>=0.2.3,<0.3", "b>=1,<2", "c", "d==1.2", "e[z]>=1", "f @ git+https://example.invalid/f.git@v1",
    )  # fmt: skip


def test_tox_factors_and_links_are_resolved() -> None:
    texts = {
        "tox.ini": "[tox]\nenvlist = py{310,311}-{old,new}, lint\n[base]\ndeps = a\n[testenv]\ndeps =\n"
        "  {[base]deps}\n  old: b<2\n  new: b\n  !old: c\nextras =\n  x\ncommands = pytest\n"
    }
    found = read_tox(texts, "", "3.11")
    assert found.needs.requirements == ("a", "b<2") and found.needs.extras == ("x",) and found.tests
    assert expand("py{38,39}-{a,b}") == ["py38-a", "py38-b", "py39-a", "py39-b"]


def test_tox_toml_and_its_groups() -> None:
    text = '[env_run_base]\ndependency_groups = ["t"]\ndeps = ["a", "-r r.txt"]\ncommands = [["pytest"]]'
    found = read_tox({"tox.toml": text, "r.txt": "b"}, "", "3.11")
    assert found.groups == ("t",) and found.needs.requirements == ("a", "b") and found.tests


def test_nox_takes_the_session_that_tests() -> None:
    text = (
        "@nox.session\ndef docs(session):\n    session.install('sphinx')\n"
        "@nox.session(python=['3.11'])\ndef tests(s):\n    s.install('-e', '.[x]', 'a')\n"
        "    s.run('python', '-m', 'pytest')\n"
    )
    found = read_nox({"noxfile.py": text}, "")
    assert found.needs.requirements == ("a",) and found.needs.extras == ("x",)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "pytest.ini",
            "[pytest]\naddopts = -ra --cov=shop --cov-report=term -n 2\ntimeout = 5\n",
            {"pytest-cov", "pytest-xdist", "pytest-timeout"},
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = ["-nauto", "--dist=loadfile"]\nasyncio_mode = "auto"',
            {"pytest-xdist", "pytest-asyncio"},
        ),
        (
            "setup.cfg",
            "[tool:pytest]\nrequired_plugins = pytest-mock>=3 pytest-cov\n",
            {"pytest-mock>=3", "pytest-cov"},
        ),
        (
            "tox.ini",
            "[pytest]\naddopts = -p xdist -p no:randomly --strict-markers --durations=3\n",
            {"pytest-xdist"},
        ),
        ("pytest.toml", '[pytest]\naddopts = ["--timeout=3"]', {"pytest-timeout"}),
        ("pytest.ini", "[pytest]\naddopts = 'broken quote\n", set()),
    ],
)
def test_plugins_that_the_settings_demand(path: str, text: str, expected: set[str]) -> None:
    assert set(demanded(pytest_settings({path: text}))) == expected


def test_of_the_logs_packages_only_known_plugins_are_wished_for() -> None:
    assert demanded({}, ["pytest-cov", "left-pad", "pytest-evil", "Pytest_Xdist"]) == (
        "pytest-cov",
        "pytest-xdist",
    )


def test_marks_and_fixtures_tell_plugins() -> None:
    text = "@pytest.mark.asyncio\nasync def test_a(x, mocker: MockerFixture): ...\nmocker_of = 1\n"
    assert used_in(text) == {"pytest-asyncio", "pytest-mock"}
    assert used_in("def test_b(mockery): benchmark = 1") == set()


def test_locks_become_constraints_without_the_project_and_without_forks() -> None:
    lock = "".join(
        f'[[package]]\nname = "{n}"\nversion = "{v}"\nsource = {s}\n'
        for n, v, s in [
            ("Shop", "1", '{editable = "."}'), ("a", "1.0", '{registry = "x"}'), ("b", "1", "{}"), ("b", "2", "{}"),
            ("pip", "1", "{}"), ("c", "nonsense", "{}"),
        ]
    )  # fmt: skip
    name, versions = from_locks({"uv.lock": lock})
    assert (name, constraints({**versions, "shop": "1"}, "shop")) == ("uv.lock", ("a==1.0",))
    assert from_locks({"uv.lock": "= broken"}) == ("", {})


def test_pins_that_the_project_contradicts_are_set_aside() -> None:
    asked = ["pytest==8.3.3", "a>=2 ; python_version < '3'", "b", "not a line!"]
    assert agreeing(["a==1.0", "b==3.0", "pytest==9.0"], asked, "3.11") == (
        ("a==1.0", "b==3.0"),
        ("pytest==9.0",),
    )


def test_only_files_that_may_declare_something_are_read() -> None:
    yes = [
        "pyproject.toml",
        "requirements/dev.txt",
        "dev-requirements.in",
        ".github/workflows/ci.yml",
        "scripts/ci.sh",
        "packages/a/pyproject.toml",
    ]
    no = [
        "README.md",
        "src/shop/data.txt",
        "a/b/c/d/e/pyproject.toml",
        ".github/CODEOWNERS",
        "src/run.sh",
    ]
    assert [p for p in yes + no if is_declaring(p)] == yes


@given(st.text(max_size=300))
def test_no_text_breaks_the_readers(text: str) -> None:
    names = ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "noxfile.py", "uv.lock", "Makefile",
             "requirements-test.txt", ".github/workflows/ci.yml", "pytest.ini")  # fmt: skip
    texts = dict.fromkeys(names, text)
    plan(read_project(texts), "3.11")
    demanded(pytest_settings(texts))
    from_locks(texts)
    read_shell(text, {})


def test_hostile_lines_do_not_stall() -> None:
    began = time.perf_counter()
    for piece in (
        "{" * 100_000,
        "a," * 50_000 + ":",
        "[" * 50_000,
        "def f(" * 30_000,
        "${{" * 40_000,
        "\\\n" * 50_000,
    ):
        texts = dict.fromkeys(
            ("tox.ini", "requirements-test.txt", "Makefile", "setup.py"),
            "[testenv]\ndeps = " + piece,
        )
        plan(read_project(texts), "3.11")
        read_shell("pip install " + piece, {})
        used_in(piece)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("line", "requirements", "extras"),
    [
        ("-e .[dev, test]", (), ("dev", "test")),
        ("-e .[${{ matrix.extras }}]", (), ()),
        ("-e .", (), ()),
        ("-e sub", ("./sub",), ()),
        ("-e ./sub[extra]#egg=sub", ("./sub[extra]",), ()),
        ("-e foo@git+https://example.org/a/b", ("foo@git+https://example.org/a/b",), ()),
        ("-e /home/me/sub", (), ()),
        ("-f ./wheels", (), ()),
    ],
)
def test_what_is_installed_for_editing_is_a_path_or_an_address(
    line: str, requirements: tuple[str, ...], extras: tuple[str, ...]
) -> None:
    """Never a name of an index: somebody else's package may be called like the folder."""
    found = read_file({"requirements/test.txt": line + "\n"}, "requirements/test.txt")
    there = tuple(one.replace("./requirements/", "./") for one in found.requirements)
    assert (there, found.extras) == (requirements, extras)
