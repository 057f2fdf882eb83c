"""Which paths a fix may not touch, and what each of them is.

A fix that has to change its own judge is no fix. The list follows the tampering seen in the
field (weakened tests, conftest hooks that hide failures, configuration that deselects,
``sitecustomize`` and ``.pth`` files that patch the interpreter).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

# What it is -> names and globs. A pattern with "/" is matched against the whole path, one without
# against the file name.
ROLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("a conftest, which can change what tests see", ("conftest.py",)),
    (
        "a test",
        (
            "test_*.py", "*_test.py", "tests.py", "test.py", "*.feature", "*.test.*", "*.spec.*", "*_test.go",
            "*_spec.rb", "*Test.java", "*Tests.java", "*Test.kt", "*Tests.cs",
        ),
    ),
    (
        "test configuration",
        (
            "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini", "tox.toml", "setup.cfg",
            "noxfile.py", ".coveragerc", "pyproject.toml", "package.json", "jest.config.*", "vitest.config.*",
            ".mocharc*", "karma.conf.*", "playwright.config.*", "phpunit.xml*", ".rspec",
            "Makefile", "makefile", "GNUmakefile", "justfile", "Justfile", "Taskfile.y*ml", "Rakefile", ".npmrc",
            ".yarnrc*", "tsconfig*.json", "babel.config.*", ".babelrc*",
        ),
    ),
    (
        "a CI file",
        (
            ".github/*", ".gitlab-ci.yml", ".circleci/*", "azure-pipelines*.yml", "Jenkinsfile", ".travis.yml",
            "buildspec.yml", "bitbucket-pipelines.yml", ".buildkite/*", ".drone.yml", ".woodpecker*",
            "appveyor.yml", "cloudbuild.y*ml",
        ),
    ),
    (
        "a dependency declaration",
        ("requirements*.txt", "constraints*.txt", "*requirements.txt", "*.lock", "Pipfile", "setup.py",
         "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum"),
    ),
    (
        "git configuration",
        (
            ".gitattributes", ".gitignore", ".gitmodules", ".githooks/*", ".husky/*", "lefthook.y*ml",
            ".pre-commit-config.y*ml",
        ),
    ),
    ("code that patches the interpreter", ("sitecustomize.py", "usercustomize.py", "*.pth")),
    # pytest loads the plugins that any of them names, and one in the tree is among them.
    ("the metadata of an installed package", ("*.dist-info/*", "*.egg-info/*", "entry_points.txt")),
    (
        "an agent's own instructions",
        (
            "CLAUDE.md", "AGENTS.md", "GEMINI.md", ".mcp.json", ".claude/*", ".codex/*", ".cursor/*",
            ".cursorrules", ".windsurfrules",
        ),
    ),
    ("a recorded expectation", ("*.snap", "*.ambr", "*.golden", "*.approved.*")),
)  # fmt: skip
COPIES = (
    "node_modules", "vendor", "_vendor", "vendored", "third_party", "bower_components",
    "site-packages",
)  # fmt: skip
TEST_FOLDERS = ("tests", "test", "testing", "spec", "__tests__", "__snapshots__")
SOURCE_FOLDERS = ("src", "lib", "python")
RUNNER = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "improve_recorder")
SHADOWS = ("pytest.py", "_pytest", "pluggy.py", "unittest.py", "site.py")


def role_of(path: str, extra: Sequence[str] = ()) -> str | None:
    """What protects this path ('a test', 'a CI file', ...), or None when a fix may touch it.

    ``extra`` are globs of the team's own, matched against the whole path and the name. They can only
    add: what is built in comes first, and a glob is never read as an exception.
    """
    pure = PurePosixPath(path)
    for role, patterns in ROLES:
        if any(_matches(pure, pattern) for pattern in patterns):
            return role
    folders = tuple(part.lower() for part in pure.parts[:-1])
    # `src/project/testing/` is a product's public helper, `project/tests/` and `tests/` are tests.
    if any(part in TEST_FOLDERS and part != "testing" for part in folders) or folders[:1] == (
        "testing",
    ):
        return "a test"
    if any(part in COPIES for part in folders):
        return "a copy of what others wrote"
    if pure.parts and pure.parts[0] in SHADOWS:
        return "a module that would replace the test runner"
    for pattern in extra:
        if fnmatchcase(path, pattern) or fnmatchcase(pure.name, pattern):
            return f"protected by this team's settings ({pattern})"
    return None


def hides(path: str) -> str | None:
    """What a *new* module at this path would hide from the tests' interpreter, or None.

    The tree's top and its source folder go first on the import path, so ``src/pytest/__init__.py``
    or ``json.py`` would be taken for the test runner's own.
    """
    parts = PurePosixPath(path).parts
    top = parts[1:] if len(parts) > 1 and parts[0] in SOURCE_FOLDERS else parts
    name = top[0].split(".")[0]
    # A folder without __init__ loses against a real package, so it hides nothing.
    module = top[1:2] == ("__init__.py",) or (len(top) == 1 and "." in top[0])
    if module and (name in RUNNER or name in sys.stdlib_module_names):
        return f"a module that would hide {name!r} from the test runner"
    return None


def _matches(path: PurePosixPath, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatchcase(str(path), pattern)
    return fnmatchcase(path.name, pattern)
