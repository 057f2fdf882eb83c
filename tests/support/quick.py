"""A phase met by a kill or a fault without run.sh around it, so that a cell costs a third.

The verbs are those that run.sh calls, in its order: ``resume``, the phase and, when that fails,
``report``. What run.sh itself does is met in the cells of its own calls and of a full disk, in every
session that goes on after a failure, and in ``tests/flow/test_harmed_run.py``.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.outside import Call
from tests.support.stages import KILLED, Session, Stages

SERVER = Path(__file__).with_name("phase_server.py")
PHASES = (
    "fetch-logs",
    "reproduce",
    "fix",
    "publish",
)  # the others are run.sh's as much as their own
PLAYED = ("github", "agents")  # demos with a stand-in


@dataclass(frozen=True)
class Quick:
    """A process that has the toolkit of ``stages`` imported, and forks for each session."""

    stages: Stages
    server: subprocess.Popen[str]

    def takes(self, call: Call, how: str) -> bool:
        """Whether nothing of run.sh is in this cell."""
        return call.verb in PHASES and call.number > 1 and how != "full-disk"

    def session(self, call: Call, how: str, **extra: str) -> Session:
        """The phase of ``call``, which meets ``how``; -9 when it was killed, and when it is done."""
        stages = self.stages
        stages.outside.plan(call.verb, call.number, how)
        stages.outside.began(call.verb)
        said, run = stages.place / "said", stages.kit.runs()[-1]
        said.write_bytes(b"")
        order = {
            "verbs": [["resume", run.name], [call.verb, str(run)], ["report", str(run)]],
            "environ": {**stages.environ(**extra), "PATH": os.environ["PATH"]}, "said": str(said),
            "counting": str(stages.outside.bin),
            "stand_in": stages.name if stages.name in PLAYED else "",
        }  # fmt: skip
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(order) + "\n")
        self.server.stdin.flush()
        code = int(self.server.stdout.readline())
        stages.settle()
        return Session(KILLED if code in (0, 137) else code, said.read_text("utf-8", "replace"))


@contextlib.contextmanager
def quick(stages: Stages) -> Iterator[Quick]:
    """The server, as long as the block lasts."""
    python = stages.kit.top / ".venv" / "bin" / "python"
    command = [str(python), "-I", str(SERVER), str(stages.kit.top)]
    with subprocess.Popen(
        command, cwd=stages.place, env=dict(os.environ), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as server:  # fmt: skip
        try:
            yield Quick(stages, server)
        finally:
            server.kill()
