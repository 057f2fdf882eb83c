"""Templates for what fails now and then: proposed where they fit and are sound, nowhere else."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from improve.repair.fixers_intermittent import fixes
from improve.repair.search import candidates
from improve.repair.source import parse

CAUSES = Path(__file__).parents[1] / "resources" / "flaky"


def proposed(text: str, setting: str = "plain") -> list[tuple[str, str]]:
    """(operator, new text) of every candidate for a file with this text."""
    source = parse("product.py", dedent(text).encode())
    assert source is not None, text
    sources = {"product.py": source}
    found = list(candidates(sources, [], fixes(setting, sources)))
    for one in found:
        compile(one.new_text, "product.py", "exec")
    return [(one.operator, one.new_text) for one in found]


# cause -> the setting that shows it, the template, and a line of the repaired file
REPAIRED = {
    "lost-update": ("thread-noise", "guard-shared-attribute", "        with self._lock:"),
    "lazy-init": ("switch-interval+busy-processors", "fill-once", "    with _connection_lock:"),
    "publish-before-ready": (
        "thread-noise", "tell-when-ready", "        self.values = found\n        self.ready.set()",
    ),
    "asyncio-timers": ("timer-jitter", "await-tasks", "    await asyncio.gather(*tasks)"),
    "tight-timeout": ("workers", "wait-until-done", "        self._thread.join()"),
    "fixed-port": ("workers", "free-port", '(("127.0.0.1", 0), Handler)'),
    "hash-order": ("hash-seed", "sort-set", '    return ", ".join(sorted(labels(text)))'),
    "month-end": ("clock", "end-of-month", "day=min(start.day, calendar.monthrange(year, month)[1])"),
    "utc-date": ("clock+zone", "one-zone", "stamp.date() == datetime.now(timezone.utc).date()"),
    "wall-clock": ("fast-clock", "read-clock-once", '    claims["exp"] = int(now) + seconds'),
    "unseeded-random": ("plain", "draw-again", "        while code in self.rooms:"),
    "directory-order": ("directory-order", "sort-listing", "sorted(Path(folder).iterdir())"),
    "weak-registry": ("gc-threshold", "keep-reference", "        self._open = {}"),
    "one-recv": ("socket-pieces", "read-to-end", "        data += part"),
    "open-files": ("file-limit", "open-one-by-one", '        with open(path, "rb") as handle:'),
}  # fmt: skip


@pytest.mark.parametrize("cause", REPAIRED)
def test_each_cause_has_its_template_where_its_setting_shows_it(cause: str) -> None:
    setting, operator, line = REPAIRED[cause]
    test = json.loads((CAUSES / cause / "case.json").read_text())["test"]
    product = next((CAUSES / cause / "project" / "src").glob("*.py")).read_text()
    found = dict(proposed(product, setting))
    assert list(found) == [operator], f"{cause} ({test})"
    assert line in found[operator], found[operator]
    other = "locale" if cause != "unseeded-random" else "hash-seed"
    assert proposed(product, other) == []


UNSOUND = {
    "elapsed time is two moments": """
        import time
        def spent(work):
            started = time.time()
            work()
            return time.time() - started
        def since():
            started = time.time()
            return time.time() - started
        """,
    "a clock is read again in each turn of a loop": """
        import time
        def stamps(lines):
            for line in lines:
                yield int(time.time()), int(time.time())
        """,
    "somebody looks whether the thread has ended": """
        def stop(thread):
            thread.join(0.5)
            return not thread.is_alive()
        """,
    "a sleep that waits for no task": """
        import asyncio
        async def tick(): await asyncio.sleep(1)
        """,
    "who asks gets what happened": """
        import threading
        def pause(gate):
            gate.wait(0.1)
        """,
    "a set whose order nobody sees": """
        def count(words): return len(list(set(words))) if len(set(words)) else sum(set(words))
        def same(words): return sorted(set(words)) == sorted(list(set(words)))
        """,
    "a folder that is only counted": """
        import os
        def count(folder): return len(os.listdir(folder)), sorted(os.listdir(folder))
        """,
    "a weak collection from which nothing is taken by hand": """
        import weakref
        class Bus:
            def __init__(self): self.listeners = weakref.WeakSet()
            def add(self, one): self.listeners.add(one)
        """,
    "a port that others know": """
        import socket
        PORT = 8000
        def listen(server): server.bind(("", PORT))
        def address(): return "localhost", PORT
        """,
    "a stream that is read to its end": """
        def read(stream):
            data = b""
            while not data.endswith(b"\\n"):
                data = data + stream.recv(4096)
            stream.sendall(b"thanks\\n")
            return data
        """,
    "nothing says where a message ends": """
        def read(stream):
            data = stream.recv(4096)
            return data
        """,
    "the text method has the same name": """
        def renamed(text, day): return text.replace("month", "year"), day.replace(month=1, day=1)
        """,
    "a drawn value that takes nobody's place": """
        import random
        def roll(found):
            value = random.randint(1, 6)
            found.append(value)
        """,
    "what is told is ready": """
        import threading
        class Loader:
            def __init__(self): self.ready = threading.Event()
            def load(self):
                self.values = 1
                self.ready.set()
                print(self.values)
        """,
    "a lock is held already": """
        import threading
        _gate, _made = threading.Lock(), None
        def made():
            global _made
            with _gate:
                if _made is None:
                    _made = object()
            return _made
        """,
    "files that are looked at together": """
        def merged(paths):
            files = [open(path) for path in paths]
            return [first + second for first, second in zip(*files)]
        """,
}


@pytest.mark.parametrize("why", UNSOUND)
def test_nothing_is_proposed_where_it_would_not_be_sound(why: str) -> None:
    assert proposed(UNSOUND[why]) == []


def test_other_forms() -> None:
    text = """
        import asyncio, os, socket, time, threading, weakref
        CACHE = {}
        def make(key): return cached(key)
        def cached(key):
            if key not in CACHE:
                CACHE[key] = make(key)
            return CACHE[key]
        async def two(a, b):
            first = asyncio.create_task(a())
            second = asyncio.create_task(b())
            await asyncio.sleep(1)
            return first.result(), second.result()
        def run(work):
            thread = threading.Thread(target=work)
            thread.start()
            time.sleep(0.2)
        def head(stream):
            size = stream.recv(4)
            return size
        def words(text):
            found = set(text.split())
            return [word for word in found]
        """
    found = [text for _, text in proposed(text)]

    def some(part: str) -> bool:
        return any(part in one for one in found)

    assert some("_cache_lock = threading.RLock()") and some("with _cache_lock:\n        if key not")
    assert some("await asyncio.gather(first, second)")
    assert some("thread.start()\n    thread.join()")
    assert some("while len(size) < 4:\n        part = stream.recv(4 - len(size))")
    assert some("for word in sorted(found)")
