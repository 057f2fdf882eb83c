"""Places where a test can leave something behind in its process: looked at, compared, put back.

A place is a name that a reader can look up (``shop.prices.CACHE``, ``os.environ['TZ']``). Looked
at are the names of the target's own modules, classes and module-level objects, what its functions
have as defaults or caches, functions of others that were replaced, and what belongs to the
process. Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import contextlib
import decimal
import locale
import logging
import os
import socket
import sys
import types

from improve_order_place import CONTAINERS, Place

OURS = ("_pytest", "pytest", "improve_", "pluggy")
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)


def own_file(module, tree):
    """The module's file relative to the tree; '' for what was installed or is no file."""
    path = os.path.realpath(getattr(module, "__file__", None) or "/")
    inside = path.startswith(tree + os.sep) and "site-packages" not in path
    return os.path.relpath(path, tree) if inside else ""


def snapshot(tree):
    """All places by name."""
    found = {}
    for name, module in list(sys.modules.items()):
        with contextlib.suppress(Exception):  # modules may be any object with any attributes
            path = own_file(module, tree)
            if path:
                spot = Place("import", None, None, unimport(name), path)
                found["the import of " + name] = spot
                _of_module(found, module, name, tree, path)
            elif not name.startswith(OURS):
                _replaced(found, name, module)
    _of_process(found)
    _of_loggers(found)
    return found


def _of_module(found, module, name, tree, path):
    for key, value in list(vars(module).items()):
        if key.startswith(("__", "@")) or isinstance(value, types.ModuleType):
            continue
        label = name + "." + key
        found[label] = _attribute(module, key, value, path)
        mine = getattr(value, "__module__", None) == name
        if isinstance(value, type) and mine:
            for inner, held in list(vars(value).items()):
                if not inner.startswith("__"):
                    found[label + "." + inner] = _attribute(value, inner, held, path)
                    _of_function(found, label + "." + inner, held, path)
        elif mine and callable(getattr(value, "cache_clear", None)):
            size = lambda function=value: function.cache_info().currsize  # noqa: E731
            put = lambda _, function=value: function.cache_clear()  # noqa: E731
            spot = found["the cache of " + label] = Place("cache", size(), put, None, path)
            spot.size = size
        elif isinstance(value, types.FunctionType) and mine:
            _of_function(found, label, value, path)
        elif not callable(value) and own_file(sys.modules.get(type(value).__module__), tree):
            for inner, held in list(getattr(value, "__dict__", {}).items()):
                found.setdefault(label + "." + inner, _attribute(value, inner, held, path))


def _of_function(found, label, value, path):
    value = getattr(value, "__func__", value)
    if not isinstance(value, types.FunctionType):
        return
    code, given = value.__code__, value.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount][code.co_argcount - len(given) :]
    pairs = [*zip(names, given), *(value.__kwdefaults__ or {}).items()]  # noqa: B905 - Python 3.8
    for name, held in pairs:
        if isinstance(held, CONTAINERS):
            spot = Place("default", held, None, None, path)
            found[f"the default of {name} in {label}"] = spot
    for name, held in list(vars(value).items()):
        found[label + "." + name] = _attribute(value, name, held, path)


def _replaced(found, name, module):
    """Functions and classes of others: patched, if they are other ones afterwards."""
    for key, value in list(vars(module).items()):
        if isinstance(value, FUNCTIONS) and not key.startswith("__"):
            found[name + "." + key] = _attribute(module, key, value, "", "patched")


def _of_process(found):
    for key, value in os.environ.items():
        if key == "PYTEST_CURRENT_TEST":
            continue
        put = lambda one, key=key: os.environ.update({key: one})  # noqa: E731
        drop = lambda key=key: os.environ.pop(key, None)  # noqa: E731
        found[f"os.environ[{key!r}]"] = Place("environment", value, put, drop)
    with contextlib.suppress(OSError):
        found["the working directory"] = Place("folder", os.getcwd(), os.chdir)  # noqa: PTH109
    found["sys.path"] = Place("process", sys.path, None)
    for label, value, put in (
        ("the recursion limit", sys.getrecursionlimit(), sys.setrecursionlimit),
        ("the default timeout of sockets", socket.getdefaulttimeout(), socket.setdefaulttimeout),
        (
            "the locale",
            locale.setlocale(locale.LC_ALL),
            lambda v: locale.setlocale(locale.LC_ALL, v),
        ),
    ):
        found[label] = Place("process", value, put)
    context = decimal.getcontext()
    found["decimal.getcontext().prec"] = _attribute(context, "prec", context.prec, "", "process")


def _of_loggers(found):
    manager = logging.root.manager
    label = "the level that logging.disable sets"
    found[label] = _attribute(manager, "disable", manager.disable, "", "process")
    for name, logger in [("root", logging.root), *manager.loggerDict.items()]:
        for key in ("level", "disabled", "propagate"):
            if hasattr(logger, key):
                label = f"logging.getLogger({name!r}).{key}"
                spot = _attribute(logger, key, getattr(logger, key), "", "process")
                spot.drop = lambda: None  # a logger that is new holds what any new one holds
                found[label] = spot


def _attribute(holder, name, value, path, kind="attribute"):
    def put(one):
        setattr(holder, name, one)

    def drop():
        delattr(holder, name)

    return Place(kind, value, put, drop, path)


def unimport(name):
    def drop():
        sys.modules.pop(name, None)
        parent, _, last = name.rpartition(".")
        if parent in sys.modules:
            vars(sys.modules[parent]).pop(last, None)

    return drop
