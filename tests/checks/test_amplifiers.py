"""Each amplifier makes what is wrong fail far more often, and what is right pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.interpreter import interpreter

from improve.checks.stress import Stress, run_stress
from improve.records import CheckRun, TargetEnvironment

SAMPLES = '''\
"""A right and a wrong way of the same thing. What was imported here was so before any fork."""
import asyncio, gc, glob, os, pathlib, shutil, signal, socket, tempfile, threading, time, weakref
from datetime import date, datetime, timedelta, timezone
from os import listdir
from time import localtime, strftime, time as seconds

FOLDER = tempfile.mkdtemp()
for name in "abcdefgh":
    pathlib.Path(FOLDER, name).write_text(name)
FIRST = listdir(FOLDER)[:3]

def default_clock(clock=time.time): return clock()

def test_clock_right():
    today = date.today()
    assert (today + timedelta(days=1)) - today == timedelta(days=1)
    now, aware = datetime.now(), datetime.now(timezone.utc)
    assert abs(now.timestamp() - aware.timestamp()) < 5 and abs(seconds() - aware.timestamp()) < 5
    assert abs(default_clock() - seconds()) < 5 and strftime("%Y") == str(localtime().tm_year)
    made = pathlib.Path(tempfile.mkdtemp(), "made")
    made.write_text("new")
    assert abs(time.time() - made.stat().st_mtime) < 5, "a new file is not old"
    with os.scandir(made.parent) as entries:
        entry = next(entries)
    assert entry.stat().st_mtime == os.stat(entry).st_mtime == made.stat().st_mtime
    assert isinstance(entry, os.DirEntry) and entry.is_file() and os.fspath(entry) == str(made)
    assert shutil.copytree(made.parent, tempfile.mkdtemp() + "/copy")
    os.utime(made, (100, 100))
    assert round(made.stat().st_mtime) == 100
    before = time.monotonic()
    time.sleep(0.001)
    assert 0 < time.monotonic() - before < 5
def test_clock_wrong(): date.today().replace(day=date.today().day + 1)

def test_zone_right():
    assert datetime.fromtimestamp(0, timezone.utc).date() == date(1970, 1, 1)
    assert datetime.fromtimestamp(10**9).timestamp() == 10**9
def test_zone_wrong(): assert date.fromtimestamp(43200) == date.fromtimestamp(43200 + 36000)

test_today_right = test_zone_right
def test_today_wrong(): assert date.today() == datetime.now(timezone.utc).date()

def test_fast_right():
    end, expires, before = time.monotonic() + 5, seconds() + 60, seconds()
    for _ in range(30):
        time.sleep(0.001)
        assert time.monotonic() < end and before <= seconds() < expires
        before = seconds()
    seen, ends = [0.0], threading.Event()
    signal.signal(signal.SIGALRM, lambda *_: seen.append(seconds()))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    for _ in range(2000):
        handled, one, two = seen[-1], seconds(), seconds()
        assert handled <= one <= two, "it goes back"
    signal.setitimer(signal.ITIMER_REAL, 0)
    def poll():
        while not ends.is_set(): seconds()
    other = threading.Thread(target=poll)
    other.start()
    for _ in range(3):  # one that hangs is a run that hangs
        child = os.fork()
        if not child: seconds(), os._exit(0)
        os.waitpid(child, 0)
    ends.set(), other.join()
def test_fast_wrong():
    began = seconds()
    time.sleep(0.005)
    assert seconds() - began < 0.25

def test_locale_right():
    made = pathlib.Path(tempfile.mkdtemp(), "made")
    made.write_text("\\u00e9", encoding="utf-8")
    assert made.read_text(encoding="utf-8") == "\\u00e9"
def test_locale_wrong():
    import locale
    assert locale.setlocale(locale.LC_TIME) in ("C", "POSIX")

def test_folder_right():
    assert sorted(listdir(FOLDER)) == sorted(one.name for one in os.scandir(FOLDER))
    assert sorted(glob.glob(FOLDER + "/*")) == sorted(map(str, pathlib.Path(FOLDER).iterdir()))
    assert listdir(FOLDER) == listdir(FOLDER) and len(next(os.walk(FOLDER))[2]) == 8
    copy = shutil.copytree(FOLDER, tempfile.mkdtemp() + "/copy")
    with os.scandir(copy) as entries:
        assert next(entries).is_file()
    shutil.rmtree(copy)
def test_folder_wrong(): assert listdir(FOLDER)[:3] == FIRST

class Node:
    def __init__(self): self.me = self
def test_gc_right():
    node = Node()
    seen = weakref.ref(node)
    assert [[] for _ in range(50)] and seen() is node
def test_gc_wrong():
    seen = weakref.ref(Node())
    assert [[] for _ in range(50)] and seen() is not None

def opened(number):
    held = [open(os.devnull) for _ in range(number)]
    [one.close() for one in held]
def test_files_right(): opened(4)
def test_files_wrong(): opened(40)
def test_memory_right(): bytes(20 << 20)
def test_memory_wrong(): bytes(300 << 20)

def told(read):
    with socket.create_server(("127.0.0.1", 0)) as server:
        def send():
            with socket.create_connection(server.getsockname()) as client:
                client.sendall(b"hello, world")
        thread = threading.Thread(target=send)
        thread.start()
        connection, _ = server.accept()
        with connection:
            heard = read(connection)
        thread.join()
    return heard
def test_sockets_right():
    assert told(lambda one: b"".join(iter(lambda: one.recv(1024), b""))) == b"hello, world"
    assert told(lambda one: one.makefile("rb").read(12)) == b"hello, world"
    async def served():
        async def answer(reader, writer):
            writer.write((await reader.readexactly(12)).upper())
            await writer.drain()
            writer.close()
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello, world")
        heard = await reader.read(-1)
        writer.close()
        server.close()
        return heard
    assert asyncio.run(served()) == b"HELLO, WORLD"
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.send(b"a datagram is whole")
    assert two.recv(100) == b"a datagram is whole"
    one.close(), two.close()
def test_sockets_wrong(): assert told(lambda one: one.recv(1024)) == b"hello, world"

def hold(port):
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        time.sleep(0.02)
def test_port_right(): hold(0)
def test_port_wrong(): hold(18765)

async def after(*delays):
    done = []
    async def one(delay):
        await asyncio.sleep(delay)
        done.append(delay)
    await asyncio.gather(*map(one, delays))
    return done
def test_timers_right(): assert sorted(asyncio.run(after(0.001, 0.0015))) == [0.001, 0.0015]
def test_timers_wrong(): assert asyncio.run(after(0.001, 0.0015)) == [0.001, 0.0015]
'''
PAIRS = {
    "clock": "clock", "zone": "zone", "clock+zone": "today", "fast-clock": "fast",
    "directory-order": "folder", "gc-threshold": "gc", "file-limit": "files", "locale": "locale",
    "memory-limit": "memory", "socket-pieces": "sockets", "workers": "port", "timer-jitter": "timers",
}  # fmt: skip
RUNS = 30


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("amplified")
    (top / "test_p.py").write_text(SAMPLES)
    return top


def often(tree: Path, tests: list[str], amplifier: str, **values: object) -> CheckRun:
    environment = TargetEnvironment(
        python=interpreter(), python_version="3", key="", source="", import_roots=(".",)
    )
    stress = Stress(amplifier, **{"limit": 10.0, "runs": RUNS, "until": RUNS, **values})  # type: ignore[arg-type]
    return run_stress(tree, environment, [f"test_p.py::{one}" for one in tests], stress, 60)


@pytest.mark.parametrize("amplifier", PAIRS)
def test_what_is_wrong_fails_and_what_is_right_passes(tree: Path, amplifier: str) -> None:
    right, wrong = f"test_{PAIRS[amplifier]}_right", f"test_{PAIRS[amplifier]}_wrong"
    run = often(tree, [right, wrong], amplifier)
    assert run.complete and run.rate and run.rate.runs == RUNS, run.log
    # The first failure of a run is told: the right one runs first.
    blamed = {one.node_id: one.message for one in run.failures}
    assert f"test_p.py::{right}" not in blamed, blamed
    assert run.rate.failures >= RUNS * 0.15, run.log
    assert len(run.rate.settings) == run.rate.failures and all(run.rate.settings)


def test_nothing_of_this_fails_plainly(tree: Path) -> None:
    wrong = [
        f"test_{one}_wrong"
        for one in dict.fromkeys(PAIRS.values())
        if one not in ("clock", "today")
    ]
    run = often(tree, wrong, "plain", until=1)
    assert run.ok, [one.message for one in run.failures]


def test_a_failing_seed_fails_again_and_draws_the_same(tree: Path) -> None:
    run = often(tree, ["test_today_wrong"], "clock+zone", until=5, runs=200)
    assert run.rate and run.rate.failures == 5, run.log
    again = often(tree, ["test_today_wrong"], "clock+zone", seeds=run.rate.seeds)
    assert again.rate and again.rate.failures == 5, again.log
    assert again.rate.settings == run.rate.settings


def test_an_amplifier_that_is_not_there_is_told(tree: Path) -> None:
    run = often(tree, ["test_gc_right"], "gc-threshold+moon")
    assert not run.ok and not run.complete and "no amplifier moon" in run.log, run.log
