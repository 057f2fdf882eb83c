"""Which paths a fix may not touch, and what each of them is.

A fix that has to change its own judge is no fix. The list follows the tampering seen in the
field (weakened tests, conftest hooks that hide failures, configuration that deselects,
``sitecustomize`` and ``.pth`` files that patch the interpreter). Build files in which the dependencies
stand beside what runs the tests (``Cargo.toml``) are read line by line: ``guard.builds``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from improve.guard import roles

SOURCE_FOLDERS = ("src", "lib", "python")
# Below `app/fixtures/` a file with one of these is the app's own.
CODE = (
    ".py", ".pyi", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".go", ".rs", ".rb", ".java", ".kt", ".cs",
    ".php", ".c", ".cc", ".cpp", ".h", ".hpp", ".swift", ".scala", ".ex", ".vue", ".svelte", ".css", ".scss",
)  # fmt: skip
RUNNER = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "improve_recorder")
SHADOWS = ("pytest.py", "_pytest", "pluggy.py", "unittest.py", "site.py")


def role_of(path: str, extra: Sequence[str] = ()) -> str | None:
    """What protects this path ('a test', 'a CI file', ...), or None when a fix may touch it.

    ``extra`` are globs of the team's own, matched against the whole path and the name. They can only
    add: what is built in comes first, and a glob is never read as an exception.
    """
    pure = PurePosixPath(path)
    for role, patterns in roles.ROLES:
        if any(_matches(pure, pattern) for pattern in patterns):
            return role
    folders = tuple(part.lower() for part in pure.parts[:-1])
    # `src/project/testing/` is a product's public helper, `project/tests/` and `tests/` are tests.
    if any(_of_tests(part) for part in folders) or folders[:1] == ("testing",):
        return "a test"
    if _recorded(pure, folders):
        return "a recorded expectation"
    if any(part in roles.COPIES for part in folders):
        return "a copy of what others wrote"
    if pure.parts and pure.parts[0] in SHADOWS:
        return "a module that would replace the test runner"
    for pattern in extra:
        if fnmatchcase(path, pattern) or fnmatchcase(pure.name, pattern):
            return f"protected by this team's settings ({pattern})"
    return None


def hides(path: str, roots: Sequence[str] = ()) -> str | None:
    """What a *new* module at this path would hide from the tests' interpreter, or None.

    The tree's top and its source folders go first on the import path, so ``src/pytest/__init__.py``
    or ``json.py`` would be taken for the test runner's own. ``roots`` are those of the environment.
    """
    pure = PurePosixPath(path)
    for root in (".", *SOURCE_FOLDERS, *roots):
        if not pure.is_relative_to(root):
            continue
        top = pure.relative_to(root).parts
        name = top[0].split(".")[0] if top else ""
        # A folder without __init__ loses against a real package, so it hides nothing.
        module = top[1:2] == ("__init__.py",) or (len(top) == 1 and "." in top[0])
        if module and (name in RUNNER or name in sys.stdlib_module_names):
            return f"a module that would hide {name!r} from the test runner"
    return None


def _of_tests(folder: str) -> bool:
    return folder in roles.TEST_FOLDERS or folder.endswith(roles.TEST_ENDINGS)


def _recorded(path: PurePosixPath, folders: tuple[str, ...]) -> bool:
    """What a test expects, or is given, in a folder that is called so."""
    data = path.suffix not in CODE or folders[:1] == ("fixtures",)
    return any(part in roles.RECORDED or (data and part in roles.RECORDED_DATA) for part in folders)


def _matches(path: PurePosixPath, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatchcase(str(path), pattern)
    return fnmatchcase(path.name, pattern)
