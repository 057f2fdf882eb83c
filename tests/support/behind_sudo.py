"""An ordinary user with ``sudo -n``, played where the tests themselves run as root.

The user is real: another id, whose programs hold only what the stand-in needs to become root again.
The stand-in takes sudo's command line, gives an environment of its own, and keeps what it was asked for
as sudo keeps it in the system's log.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

USER = 1234
SUDO = """\
#!/bin/sh
printf '%s\\n' "$*" >>"$(dirname "$0")/log"
[ "$1 $2" = "-n --" ] || exit 1
shift 2
exec /usr/bin/env -i SUDO_USER=somebody HOME=/root PATH=/usr/bin:/bin \\
    setpriv --reuid=0 --regid=0 --clear-groups -- "$@"
"""
CHILD = """\
import json, os, sys
from pathlib import Path
from improve.workbench import process, sandbox
tree, argv, env = json.load(sys.stdin)
assert os.getuid() == 1234
fence = sandbox.Held(sandbox.Fence(Path(tree)), "bubblewrap-root")
done = process.run(argv, cwd=Path(tree), env=env, timeout=30, fence=fence)
os.write(1, done.stdout)
os.write(2, done.stderr)
sys.exit(done.returncode)
"""


class User:
    """``log`` is what the stand-in was asked for. ``place`` must be one that everybody may enter."""

    def __init__(self, place: Path) -> None:
        place.chmod(0o777)
        self.log, self.folder = place / "log", place
        (place / "sudo").write_text(SUDO)
        (place / "sudo").chmod(0o755)

    def run(self, argv: Sequence[str], env: Mapping[str, str], tree: Path) -> bytes:
        """What the program printed, held at bubblewrap-root for this user."""
        os.chown(tree, USER, USER)
        caps = "+setuid,+setgid,+dac_override"
        user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        user += [f"--inh-caps={caps}", f"--ambient-caps={caps}", "--"]
        done = subprocess.run(
            [*user, sys.executable, "-c", CHILD], cwd=tree, timeout=60, capture_output=True,
            input=json.dumps([str(tree), list(argv), dict(env)]).encode(),
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout
