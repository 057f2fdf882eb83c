"""From the names in a JUnit file to pytest's node ids, and back.

pytest writes ``tests/test_cart.py::TestCart::test_total[a]`` as classname ``tests.test_cart.TestCart``
and name ``test_total[a]`` (``mangle_test_address`` of its junitxml.py): where the module ends and the
class begins is lost, and is found again by the file that the test ran in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from improve.evidence.pieces import in_repository, tidy_path
from improve.records.evidence import JunitFile

FAILED_IMPORT = "unittest.loader._FailedTest"
# unittest's runners name what goes on around a class or a module so, and parameters of a subtest.
AROUND = re.compile(r"(?:setUp|tearDown)(?:Class|Module) \(([\w.]{1,500})\)$")
_SUBTEST = re.compile(r"(test\w{0,300}) [(\[]")


def address(node_id: str) -> str:
    """The dotted name that a JUnit file gives to ``node_id``: classname and name, joined by a dot."""
    plain, bracket, parameter = node_id.partition("[")
    path, *names = plain.split("::")
    return ".".join([_dotted(path), *names]) + bracket + parameter


def case_address(classname: str, name: str) -> str:
    """The same of a test case."""
    return f"{classname}.{name}" if classname else name


def node_id(classname: str, name: str, file: str, frames: Iterable[str]) -> str:
    """The node id of a test case; ``file`` is its attribute or '', ``frames`` the traceback's files.

    A module that could not be imported is its file; what failed around a class is the class.
    """
    around = AROUND.match(name)
    if around and not classname:
        classname, _, name = around[1].rpartition(".")
    if not classname or classname.startswith(FAILED_IMPORT):
        parts = f"{classname.removeprefix(FAILED_IMPORT)}.{name}".strip(".").split(".")
        return _by_frames(parts, frames, whole=True) or "/".join(parts) + ".py"
    parts = classname.split(".")
    path = _by_file(classname, file) or _by_frames(parts, frames)
    if path is None:
        # No file told: classes begin with a capital letter, modules do not.
        capital = (at for at, part in enumerate(parts) if at and part[:1].isupper())
        path = "/".join(parts[: next(capital, len(parts))]) + ".py"
    subtest = _SUBTEST.match(name)
    return "::".join([path, *_after(parts, path), subtest[1] if subtest else name])


def junit_order(files: Iterable[JunitFile], node: str) -> tuple[str, ...]:
    """Addresses of the tests that ran before ``node``, by the first file that has it."""
    asked = address(node)
    for file in files:
        if asked in file.order:
            return file.order[: file.order.index(asked)]
    return ()


def _by_file(classname: str, file: str) -> str | None:
    # xunit1 tells the file in which the function stands; of an inherited test that is another one.
    path = in_repository(file)
    dotted = _dotted(path)
    own = path.endswith(".py") and (classname == dotted or classname.startswith(dotted + "."))
    return path if own else None


def _by_frames(parts: Sequence[str], frames: Iterable[str], whole: bool = False) -> str | None:
    """The longest module among ``parts`` that a frame ran in."""
    inside = [in_repository(frame) for frame in frames]
    for end in range(len(parts), len(parts) - 1 if whole else 0, -1):
        path = "/".join(parts[:end]) + ".py"
        if any(file == path or file.endswith(f"/{path}") for file in inside):
            return path
    return None


def _after(parts: Sequence[str], path: str) -> Sequence[str]:
    return parts[len(path.removesuffix(".py").split("/")) :]


def _dotted(path: str) -> str:
    return tidy_path(path).removesuffix(".py").replace("/", ".")
