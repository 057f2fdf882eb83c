"""Places where a test can leave something behind in its process: looked at, compared, put back.

A place is a name that a reader can look up (``shop.prices.CACHE``, ``os.environ['TZ']``). Looked
at are the names of the target's own modules, classes and module-level objects, what its functions
have as defaults or caches, functions of others that were replaced, and what belongs to the
process. Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import collections
import contextlib
import decimal
import locale
import logging
import os
import socket
import sys
import types

DEEPEST, WIDEST = 4, 5000
CONTAINERS = (dict, list, set, collections.deque)
SCALARS = (str, bytes, int, float, complex, bool, type(None))
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, type)
MISSING = "(not there)"


class Place:
    """One name: how it is read and put back, and what it held when it was looked at."""

    def __init__(self, kind, value, put, origin=""):
        self.kind, self.value, self.put, self.origin = kind, value, put, origin
        self.print = printed(value)
        self.copy = copied(value)

    def restore(self):
        if isinstance(self.value, CONTAINERS):
            refill(self.value, self.copy)
        self.put(self.value)


def printed(value, depth=0):
    """What tells whether a value has changed: the content of containers, else what it is."""
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, SCALARS):
        return type(value).__name__, value
    if isinstance(value, CONTAINERS) and depth < DEEPEST and len(value) < WIDEST:
        if isinstance(value, dict):
            inner = [(printed(k, DEEPEST), printed(v, depth + 1)) for k, v in list(value.items())]
            return id(value), tuple(inner)
        inner = [printed(one, depth + 1) for one in list(value)]
        return id(value), frozenset(inner) if isinstance(value, set) else tuple(inner)
    return "object", id(value)


def copied(value):
    if not isinstance(value, CONTAINERS) or len(value) >= WIDEST:
        return None
    if isinstance(value, dict):
        return [(key, one, copied(one)) for key, one in list(value.items())]
    return [(None, one, copied(one)) for one in list(value)]


def refill(value, copy):
    """The content that a container had, and what the containers in it had."""
    if copy is None:
        return
    for _, one, inner in copy:
        if inner is not None:
            refill(one, inner)
    value.clear()
    if isinstance(value, dict):
        value.update((key, one) for key, one, _ in copy)
    elif isinstance(value, set):
        value.update(one for _, one, _ in copy)
    else:
        value.extend(one for _, one, _ in copy)


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
                found["import of " + name] = Place("module", None, lambda _: None, path)
                _of_module(found, name, module, path)
            elif not name.startswith(("_pytest", "pytest", "improve_", "pluggy")):
                _replaced(found, name, module)
    _of_process(found)
    return found


def _of_module(found, name, module, path):
    for key, value in list(vars(module).items()):
        if key.startswith("__") or key.startswith("@") or isinstance(value, types.ModuleType):
            continue
        label = name + "." + key
        found[label] = Place("attribute", value, setter(module, key), path)
        mine = getattr(value, "__module__", None) == name
        if isinstance(value, type) and mine:
            for inner, held in list(vars(value).items()):
                if not inner.startswith("__"):
                    spot = Place("class attribute", held, setter(value, inner), path)
                    found[label + "." + inner] = spot
                _of_function(found, label + "." + inner, held, path)
        elif mine and callable(getattr(value, "cache_clear", None)):
            size = value.cache_info().currsize
            found[label + "'s cache"] = Place("cache", size, cleared(value), path)
        elif isinstance(value, types.FunctionType) and mine:
            _of_function(found, label, value, path)
        elif own_file(sys.modules.get(type(value).__module__), os.sep) and not callable(value):
            for inner, held in list(getattr(value, "__dict__", {}).items()):
                spot = Place("attribute", held, setter(value, inner), path)
                found.setdefault(label + "." + inner, spot)


def _of_function(found, label, value, path):
    value = getattr(value, "__func__", value)
    if not isinstance(value, types.FunctionType):
        return
    code, given = value.__code__, value.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount][code.co_argcount - len(given) :]
    pairs = list(zip(names, given)) + list((value.__kwdefaults__ or {}).items())
    for name, held in pairs:
        if isinstance(held, CONTAINERS):
            found[label + "'s default of " + name] = Place("default", held, lambda _: None, path)
    for name, held in list(vars(value).items()):
        found[label + "." + name] = Place("attribute", held, setter(value, name), path)


def _replaced(found, name, module):
    """Functions and classes of others: patched, if they are other ones afterwards."""
    for key, value in list(vars(module).items()):
        if isinstance(value, FUNCTIONS) and not key.startswith("__"):
            found[name + "." + key] = Place("patched", value, setter(module, key))


def _of_process(found):
    for key, value in os.environ.items():
        label = "os.environ[%r]" % key
        found[label] = Place("environment", value, lambda v, key=key: os.environ.update({key: v}))
    with contextlib.suppress(OSError):
        found["the working directory"] = Place("folder", os.getcwd(), os.chdir)  # noqa: PTH109
    found["sys.path"] = Place("process", sys.path, lambda _: None)
    found["sys.getrecursionlimit()"] = Place(
        "process", sys.getrecursionlimit(), sys.setrecursionlimit
    )
    found["socket.getdefaulttimeout()"] = Place(
        "process", socket.getdefaulttimeout(), socket.setdefaulttimeout
    )
    found["locale.setlocale(locale.LC_ALL)"] = Place(
        "process", locale.setlocale(locale.LC_ALL), lambda v: locale.setlocale(locale.LC_ALL, v)
    )
    context = decimal.getcontext()
    found["decimal.getcontext().prec"] = Place("process", context.prec, setter(context, "prec"))
    found["logging.root.manager.disable"] = Place(
        "process", logging.root.manager.disable, setter(logging.root.manager, "disable")
    )
    loggers = {"root": logging.root, **logging.root.manager.loggerDict}
    for name, logger in list(loggers.items()):
        for key in ("level", "disabled", "propagate"):
            if hasattr(logger, key):
                label = "logging.getLogger(%r).%s" % (name, key)
                found[label] = Place("process", getattr(logger, key), setter(logger, key))


def setter(holder, name):
    return lambda value: setattr(holder, name, value)


def cleared(function):
    return lambda _size: function.cache_clear()
