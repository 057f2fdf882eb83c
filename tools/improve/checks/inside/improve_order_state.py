"""What do polluter and victim share? Found by looking, then shown by putting it back.

A place that differs after the polluter is a suspect. It is the shared state when the victim's
outcome turns as soon as that one place is put back between the two; then the line that changed it
is looked for. Runs inside the target's interpreter: standard library only, Python 3.8 syntax.
"""

import ast
import os
import sys
import time

import improve_order_places as places
from improve_order_place import Place, printed

MOST_PLACES = 40
SHOWN = 160
GONE = object()
LEFT_ALONE = (".git", "__pycache__", ".venv", "node_modules", ".pytest_cache")
RANKS = ("environment", "default", "cache", "attribute", "patched", "folder", "process", "fixture")


def looked_at(runs):
    found = places.snapshot(runs.tree)
    found.update(_fixtures(runs.items[runs.at], runs.tree))
    for path in sorted(files(runs.tree)):
        drop = lambda path=path: os.unlink(path)  # noqa: E731, PTH108
        found["the file " + os.path.relpath(path, runs.tree)] = Place("file", None, None, drop)
    return found


def _fixtures(victim, tree):
    """Values of the victim's fixtures that pytest keeps for more than one test."""
    found = {}
    info = getattr(victim, "_fixtureinfo", None)
    for name, made in getattr(info, "name2fixturedefs", {}).items():
        for one in made:
            kept = getattr(one, "cached_result", None)
            home = sys.modules.get(getattr(one.func, "__module__", ""))
            if kept is not None and one.scope != "function" and places.own_file(home, tree):
                drop = lambda one=one: one.finish(victim._request)  # noqa: E731
                place = Place("fixture", kept[0], None, drop, places.own_file(home, tree))
                found[f"the fixture {name} ({one.scope})"] = place
    return found


def files(tree):
    """All files of the tree, but what belongs to git, to caches and to installed packages."""
    found = set()
    for place, folders, names in os.walk(tree):
        folders[:] = [one for one in folders if one not in LEFT_ALONE]
        found.update(os.path.join(place, name) for name in names)  # noqa: PTH118
    return found


def changed(before, after):
    """Names of places that differ, those first that are most often to blame."""
    differ = [n for n in after if n not in before or before[n].print != after[n].print]
    differ += [name for name in before if name not in after]
    fresh = [n[len("the import of ") :] for n in differ if n.startswith("the import of ")]
    shown = [
        n for n in differ if not any(n.startswith((f + ".", f"the cache of {f}.")) for f in fresh)
    ]
    return sorted(shown, key=lambda n: _rank((after.get(n) or before[n]).kind))[:MOST_PLACES]


def _rank(kind):
    return RANKS.index(kind) if kind in RANKS else len(RANKS)


def suspects(runs, culprits):
    """Names of the places that the culprits change."""

    def at_victim(before):
        return {"places": changed(before, looked_at(runs)), "end": True}

    told = runs.between(culprits, lambda: looked_at(runs), at_victim, stop=True)
    return next((one["places"] for one in told if "places" in one), [])


def put_back(runs, culprits, name):
    """The run with this one place as it was before the culprits; what it held, in words."""

    def at_start():
        before = looked_at(runs)
        return before, shown(before.get(name))

    def at_victim(kept):
        before, was = kept
        place, now = before.get(name), looked_at(runs).get(name)
        told = {"was": was, "now": shown(now), "what": (now or place).kind}
        told["in"] = (now or place).origin
        if place is not None:
            place.restore()
        elif now.drop is not None:
            now.drop()
        return told

    return runs.between(culprits, at_start, at_victim)


def shown(place):
    if place is None:
        return "(nothing)"
    try:
        return repr(place.value)[:SHOWN]
    except Exception:
        return f"an object of {type(place.value).__name__}"


def writer(runs, culprits, name):
    """[file, line, function] of the target's line that changed the place; [] when none did."""
    last, seen, top = [], [], runs.tree + os.sep

    def at_start():
        read = _reader(name, looked_at(runs))
        held = [printed(read())]

        def event(frame, kind, _argument):
            code = frame.f_code
            if not code.co_filename.startswith(top) or "site-packages" in code.co_filename:
                return None
            if not seen and last and printed(read()) != held[0]:
                seen.extend(last)
            here = frame.f_back if kind == "return" else frame  # the caller's line goes on
            if here is not None and here.f_code.co_filename.startswith(top):
                path = os.path.relpath(here.f_code.co_filename, top)
                last[:] = [path, here.f_lineno, here.f_code.co_name]
            return event

        sys.settrace(event)

    def at_victim(_kept):
        sys.settrace(None)
        return {"writer": seen, "end": True}

    told = runs.between(culprits, at_start, at_victim, stop=True)
    return next((one["writer"] for one in told if "writer" in one), [])


def _reader(name, before):
    """A function that reads the place now, cheaply enough for every line."""
    if name.startswith("os.environ["):
        key = ast.literal_eval(name[len("os.environ[") : -1])
        return lambda: os.environ.get(key)
    if name == "the working directory":
        return os.getcwd
    if name.startswith("the file "):
        return lambda: os.path.exists(name[len("the file ") :])  # noqa: PTH110
    place = before.get(name)
    if place is not None and place.kind == "cache":
        return place.size
    if place is not None and place.put is None:
        return lambda: place.value
    module = name
    while module and module not in sys.modules:
        module = module.rpartition(".")[0]
    path = name[len(module) + 1 :].split(".") if module else []

    def read():
        found = sys.modules[module] if path else GONE
        for part in path:
            found = getattr(found, "__dict__", {}).get(part, GONE)
        return found

    return read


def explained(runs, culprits, end, flips):
    """What was changed, place by place; ``flips(told)``: the victim's outcome has turned."""
    found = []
    for name in suspects(runs, culprits):
        if time.monotonic() > end:
            break
        told = put_back(runs, culprits, name)
        first = next((one for one in told if "was" in one), None)
        if first is None:
            continue
        entry = {key: first[key] for key in ("was", "now", "what", "in")}
        entry.update(place=name, shared=flips(told), writer=[])
        if entry["shared"]:
            entry["writer"] = writer(runs, culprits, name)
        found.append(entry)
    return found
