"""No connection beyond loopback, counted by the kernel, with no sandbox that could hide a try.

In a network namespace that holds a loopback and nothing else, every packet and every connection
to anywhere else is refused for lack of a route, and every question for a name is a datagram; both
are counted there for this namespace alone (proc_net(5): /proc/net/snmp, snmp6).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
ALONE = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "alone"]
CHILD = """
import json, socket, sys
from pathlib import Path
import pytest
from tests.support.claude_job import edits, job
from improve.workbench import sandbox

def tried():
    lines = Path("/proc/net/snmp").read_text().splitlines()
    found = {}
    for names, values in zip(lines[::2], lines[1::2]):
        kind, *names = names.split()
        found.update((kind + name, int(value)) for name, value in zip(names, values.split()[1:]))
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return sum((found["Ip:OutNoRoutes"], found["Udp:OutDatagrams"], int(six["Ip6OutNoRoutes"]),
                int(six["Udp6OutDatagrams"])))

sandbox.decide(sandbox.Policy(wish="off"))
top = Path(sys.argv[1])
with pytest.MonkeyPatch.context() as patch, job(top, edits(top / "tree" / "shop.py"), patch) as made:
    outcome = made.work()
    work = tried()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as one:
            one.connect_ex(("192.0.2.1", 80))
    print(json.dumps({"turns": outcome.turns, "work": work, "control": tried() - work}))
"""


@pytest.mark.skipif(
    subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode != 0,
    reason="no network namespaces here",
)
def test_it_talks_to_loopback_alone(tmp_path: Path) -> None:
    world = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE / 'tools'}"}
    done = subprocess.run(
        [*ALONE, sys.executable, "-c", CHILD, str(tmp_path)],
        cwd=HERE, env=world, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"turns": 4, "work": 0, "control": 2}
