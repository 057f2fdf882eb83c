"""New code for living functions: a candidate without an import.

Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import gc
import os
import types


class Living:
    """The functions of a process, by the place that they were written at."""

    def __init__(self):
        self.texts = {}
        self.functions = {}
        real = {}
        for function in gc.get_objects():
            if type(function) is types.FunctionType:
                code = function.__code__
                path = real.get(code.co_filename)
                if path is None:
                    path = real[code.co_filename] = os.path.realpath(code.co_filename)
                self.functions.setdefault((path, *key(code)), []).append(function)
        gc.freeze()  # children share these pages until they collect

    def swaps(self, path, text):
        """(function, new code) pairs that turn the imported module into the candidate.

        None when that cannot be done: the module is not imported, or something other than a
        function's body differs (a default value, a class attribute, a constant of the module).
        Raises SyntaxError or ValueError when the candidate does not compile.
        """
        old = self.texts.get(path)
        if old is None:
            with open(path, "rb") as stream:  # noqa: PTH123
                old = compile(stream.read(), path, "exec", dont_inherit=True)
            self.texts[path] = old
        new = compile(text, path, "exec", dont_inherit=True)
        pairs = []
        if not pair(old, new, pairs, outer=True):
            return None
        changed = [(a, b) for a, b in pairs if a != b or shell(a) != shell(b)]
        # An inner function lives only while its outer one runs; the outer one's new code makes it.
        found = [
            (function, new_code.replace(co_filename=function.__code__.co_filename))
            for old_code, new_code in changed
            for function in self.functions.get((path, *key(old_code)), ())
        ]
        return found if found or not changed else None


def key(code):
    return (code.co_name, code.co_firstlineno)


def shell(code):
    consts = tuple(c for c in code.co_consts if not isinstance(c, types.CodeType))
    return (code.co_code, repr(consts), code.co_names, code.co_varnames, code.co_freevars)


def pair(old, new, pairs, outer):
    """Walk two code trees side by side; False when module or class level differs."""
    mine = [c for c in old.co_consts if isinstance(c, types.CodeType)]
    other = [c for c in new.co_consts if isinstance(c, types.CodeType)]
    if outer and (shell(old) != shell(new) or len(mine) != len(other)):
        return False
    if not outer:
        pairs.append((old, new))
        if len(mine) != len(other):
            return True
    for a, b in zip(mine, other):  # noqa: B905 - Python 3.8
        if outer and a.co_name != b.co_name:
            return False
        body = outer and not a.co_flags & 0x2  # CO_NEWLOCALS: functions have it, classes do not
        if not pair(a, b, pairs, body):
            return False
    return True
