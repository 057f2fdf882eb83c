"""What a test may need of its runner, and gets in plain Python: parameters, fixtures, set-ups.

It runs inside the *target's* interpreter: standard library and pytest only, Python 3.8 syntax.
"""

import inspect
import itertools
import pathlib
import tempfile


class Cannot(Exception):
    """This test needs more of its runner than is given here."""


def fixtures_of(*places):
    """name -> (function, marker) of the plain fixtures that these modules and classes define."""
    found = {}
    for place in places:
        for name in dir(place):
            value = inspect.getattr_static(place, name)
            marker = getattr(value, "_fixture_function_marker", None)
            function = getattr(value, "_fixture_function", None)
            if marker is None:  # pytest before 8.4
                marker = getattr(value, "_pytestfixturefunction", None)
                function = getattr(getattr(value, "__pytest_wrapped__", None), "obj", None)
            if marker is not None and function is not None:
                found[getattr(marker, "name", None) or name] = (function, marker)
    return found


class Given:
    """The arguments of one call: parameters, fixtures of the file, and two of pytest's own."""

    def __init__(self, fixtures, values, instance, stack):
        self.fixtures, self.values, self.instance, self.stack = fixtures, values, instance, stack

    def of(self, name):
        if name not in self.values:
            self.values[name] = self.made(name)
        return self.values[name]

    def made(self, name):
        if name == "tmp_path":
            return pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        if name == "monkeypatch":
            import pytest

            patch = pytest.MonkeyPatch()
            self.stack.callback(patch.undo)
            return patch
        if name not in self.fixtures:
            raise Cannot(f"it needs the fixture {name}")
        function, marker = self.fixtures[name]
        if getattr(marker, "params", None):
            raise Cannot(f"the fixture {name} has parameters")
        value = self.call(function)
        if not inspect.isgenerator(value):
            return value
        self.stack.callback(lambda: next(value, None))
        return next(value)

    def call(self, function):
        names = list(inspect.signature(function).parameters)
        first = [self.instance] if names[:1] == ["self"] else []
        return function(*first, **{name: self.of(name) for name in names[len(first) :]})


def marks_of(*places):
    found = []
    for place in places:
        marks = getattr(place, "pytestmark", [])
        found += marks if isinstance(marks, list) else [marks]
    return [getattr(mark, "mark", mark) for mark in found]


def cases(marks):
    """The parameters of each call, as ``parametrize`` says them."""
    sets = []
    for mark in marks:
        if mark.name in ("skip", "skipif", "xfail", "usefixtures", "asyncio", "anyio", "trio"):
            raise Cannot(f"it is marked {mark.name}")
        if mark.name != "parametrize":
            continue
        if mark.kwargs.get("indirect"):
            raise Cannot("its parameters are a fixture's")
        sets.append(list(rows(mark)))
    return [
        {name: value for part in parts for name, value in part.items()}
        for parts in itertools.product(*sets)
    ]


def rows(mark):
    """One dict of arguments for each entry, as pytest reads them."""
    names = mark.args[0] if mark.args else mark.kwargs["argnames"]
    entries = mark.args[1] if len(mark.args) > 1 else mark.kwargs["argvalues"]
    split = [n.strip() for n in names.split(",")] if isinstance(names, str) else list(names)
    split = [name for name in split if name]
    for one in entries:
        if type(one).__name__ == "ParameterSet":
            if one.marks:
                raise Cannot("a parameter is marked")
            one = one.values
        elif isinstance(names, str) and len(split) == 1:
            one = [one]
        yield dict(zip(split, one))  # noqa: B905 - Python 3.8 has no strict


def around(stack, owner, before, after):
    for name, now in ((before, True), (after, False)):
        hook = getattr(owner, name, None) if owner is not None else None
        if hook is None:
            continue
        if inspect.signature(hook).parameters:
            raise Cannot(f"{name} takes an argument")
        if now:
            hook()
        else:
            stack.callback(hook)
