"""Run one test as plain Python: no runner in the stack, none in ``sys.modules``.

It runs inside the *target's* interpreter: standard library and pytest only, Python 3.8 syntax.
A product that looks for the runner (``PYTEST_CURRENT_TEST``, ``'pytest' in sys.modules``, the names
of its callers) finds none here, and shows what it does for everybody else.

Arguments: the test's file, and the names from there ("TestX", "test_y"). The result, one JSON
object, goes to the file that IMPROVE_RECORD names.
"""

import builtins
import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
import unittest
from pathlib import Path

from improve_plain_needs import Cannot, Given, around, cases, fixtures_of, marks_of

RUNNER = ("pytest", "_pytest", "pluggy", "iniconfig")


def hide():
    """Import pytest, and let nobody see that it is loaded; whoever imports it still gets it."""
    import pytest  # noqa: F401

    real, kept = builtins.__import__, {}

    def away():
        for name in [n for n in sys.modules if n.split(".")[0] in RUNNER]:
            kept[name] = sys.modules.pop(name)

    def imported(name, globals=None, locals=None, fromlist=(), level=0):
        asker = str((globals or {}).get("__name__", ""))
        if RUNNER[0] in sys.modules or not {name.split(".")[0], asker.split(".")[0]} & set(RUNNER):
            return real(name, globals, locals, fromlist, level)
        sys.modules.update(kept)
        try:
            return real(name, globals, locals, fromlist, level)
        finally:
            away()

    away()
    builtins.__import__ = imported


def load(path):
    """The test's module, found as pytest finds it: its own folder and the tree go first."""
    folder = Path(path).parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    sys.path[0:1] = [str(folder), str(Path.cwd())]
    parts = Path(path).relative_to(folder).with_suffix("").parts
    name = ".".join(parts)
    if len(parts) > 1:
        importlib.import_module(".".join(parts[:-1]))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(module, names):
    """Call the test; every set of parameters. Raises what the test raises."""
    holder = module
    for name in names[:-1]:
        holder = getattr(holder, name)
    if inspect.isclass(holder) and issubclass(holder, unittest.TestCase):
        return as_unittest(holder, names[-1])
    function = getattr(holder, names[-1])
    if inspect.iscoroutinefunction(function):
        raise Cannot("it is a coroutine")
    places = (module,) if holder is module else (module, holder)
    fixtures, ran = fixtures_of(*places), 0
    for values in cases(marks_of(*places, function)):
        with contextlib.ExitStack() as stack:
            instance = holder() if inspect.isclass(holder) else None
            for owner, before, after in (
                (module, "setup_module", "teardown_module"),
                (module, "setup_function", "teardown_function"),
                (instance, "setup_class", "teardown_class"),
                (instance, "setup_method", "teardown_method"),
            ):
                around(stack, owner, before, after)
            given = Given(fixtures, dict(values), instance, stack)
            for name, (_, marker) in fixtures.items():
                if getattr(marker, "autouse", False):
                    given.of(name)
            bound = getattr(instance, names[-1]) if instance is not None else function
            given.call(bound)
            ran += 1
    return ran


def as_unittest(kind, name):
    class Result(unittest.TestResult):
        seen = None

        def addError(self, test, err):  # noqa: N802 - unittest's own names
            self.seen = self.seen or err[1]

        addFailure = addError  # noqa: N815

        def addSubTest(self, test, subtest, err):  # noqa: N802
            if err:
                self.addError(test, err)

        def addSkip(self, test, reason):  # noqa: N802
            self.seen = Cannot("it is skipped")

    result = Result()
    unittest.TestSuite([kind(name)]).run(result)
    if result.seen is not None:
        raise result.seen
    return 1


def told(path, error):
    """What was raised: its type, its first line, and the line of the test that it came from."""
    kind = type(error)
    module = kind.__module__
    frames = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if os.path.realpath(frame.filename) == os.path.realpath(path)
    ]
    return {
        "type": kind.__qualname__ if module == "builtins" else module + "." + kind.__qualname__,
        "message": (str(error).strip().split("\n") or [""])[0][:300],
        "line": frames[-1] if frames else 0,
    }


def main():
    record = os.environ.pop("IMPROVE_RECORD")  # the product has no business with it
    path, names = os.path.realpath(sys.argv[1]), sys.argv[2:]
    sys.argv = [path]
    out = open(record, "w")  # noqa: SIM115, PTH123 - nobody else learns where it lies
    try:
        hide()
        end = {"end": "passed", "ran": run(load(path), names)}
    except Cannot as reason:
        end = {"end": "cannot", "why": str(reason)}
    except BaseException as error:  # a test may raise anything
        end = dict(told(path, error), end="failed")
    out.write(json.dumps(end))
    out.close()


if __name__ == "__main__":
    main()
