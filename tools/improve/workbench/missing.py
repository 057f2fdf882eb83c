"""Modules that the tests import and nothing provides, and which declared requirement brings them.

Names are looked up among what the project declares somewhere (another extra, group or file) and
never guessed: a guessed name on a public index may be anybody's.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping

from packaging.utils import canonicalize_name

from improve.workbench.declared.requirements import name_of

# Import name -> distribution, where they differ. setuptools came with every environment once.
_CALLED = {
    "yaml": "pyyaml", "dateutil": "python-dateutil", "PIL": "pillow", "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
    "sklearn": "scikit-learn", "attr": "attrs", "jwt": "pyjwt", "OpenSSL": "pyopenssl", "Crypto": "pycryptodome",
    "dotenv": "python-dotenv", "git": "gitpython", "magic": "python-magic", "serial": "pyserial", "zmq": "pyzmq",
    "google": "protobuf", "docx": "python-docx", "skimage": "scikit-image",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient", "ruamel": "ruamel-yaml", "socks": "pysocks", "markdown": "markdown", "nacl": "pynacl",
    "pkg_resources": "setuptools", "distutils": "setuptools", "xdist": "pytest-xdist",
    "slugify": "python-slugify", "jose": "python-jose", "multipart": "python-multipart",
    "websocket": "websocket-client",
}  # fmt: skip
# pkg_resources was removed from setuptools 82 on.
_ALWAYS = {"setuptools": "setuptools<81"}


_AROUND = {
    "doc", "docs", "example", "examples", "benchmark", "benchmarks", "bench", "scripts", "tools", "ci",
    "contrib", "vendor", "_vendor", "samples", "demo", "demos", "resources", "data", "fixtures",
}  # fmt: skip


def imported(text: str) -> set[str]:
    """Top-level names that a file imports as it is loaded; guarded imports do not count."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names


def unprovided(names: Iterable[str], provided: Iterable[str], paths: Iterable[str]) -> list[str]:
    """Those of ``names`` that are neither standard, nor installed, nor a file of the tree."""
    own = {
        part.removesuffix(".py")
        for path in paths
        if path.endswith(".py")
        for part in path.split("/")
    }
    standard = set(sys.stdlib_module_names) - {"distutils"}
    return sorted(set(names) - own - set(provided) - standard - {"__future__", "_pytest", "pytest"})


def remedies(names: Iterable[str], declared: Iterable[str]) -> dict[str, str]:
    """name -> requirement line; names without a declared requirement are left out."""
    lines: Mapping[str, str] = {name_of(line): line for line in declared if name_of(line)}
    found: dict[str, str] = {}
    for name in names:
        called = _CALLED.get(name, str(canonicalize_name(name)))
        line = lines.get(called) or lines.get(str(canonicalize_name(name))) or _ALWAYS.get(called)
        if line:
            found[name] = _ALWAYS[called] if name == "pkg_resources" else line
    return found


def is_loaded(path: str) -> bool:
    """Whether the file belongs to the tests or to the product, not to the work around them."""
    folders = path.lower().split("/")[:-1]
    return (
        path.endswith(".py")
        and not _AROUND & set(folders)
        and (
            bool(folders)
            or is_test_file(path)
            or path not in {"setup.py", "noxfile.py", "tasks.py"}
        )
    )


def is_test_file(path: str) -> bool:
    """Whether pytest would load the file at ``path`` while collecting, by its usual name."""
    name = path.rpartition("/")[2]
    return bool(re.match(r"^(conftest|test_.*|.*_test)\.py$", name[:200]))
