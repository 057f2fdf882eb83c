"""``DEBUG=1`` traces every step of the shell: people post such a trace, so no key may stand in it."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from tests.support.toolkit import Toolkit, request

from improve.redaction import redact

KEYS = {"ANTHROPIC_API_KEY": "sk-ant-" + "q1W" * 12, "OPENAI_API_KEY": "sk-" + "e2R" * 12}
# In the place of the program that plays a service: it leads the phases to itself by variables.
STAND_IN = (
    'import sys\nprint("ANTHROPIC_API_KEY=%s\\nPLAYED=yes\\nready", flush=True)\nsys.stdin.read()\n'
)
PLAYED = """\
HERE=$1
. "$HERE/tools/shell/logging.sh"
. "$HERE/tools/shell/options.sh"
. "$HERE/tools/shell/session.sh"
prepare_venv core
STAND_IN_FOR=agents
start_stand_in
[[ $PLAYED == yes && ${#ANTHROPIC_API_KEY} == "$2" ]] && : the end
"""


def keys_in(text: str) -> list[str]:
    return [name for name, key in KEYS.items() if key in text]


def test_the_trace_of_a_run_holds_no_key(kit: Toolkit, shop: Path, tmp_path: Path) -> None:
    log = "All is well.\nNothing failed.\n"
    info = request(tmp_path / "request", shop, raw__logs=log, agents=["scripted"])
    said = tmp_path / "said"
    with said.open("wb") as stream:
        child = kit.start("--request", info, to=stream, DEBUG="1", **KEYS)
    until = time.monotonic() + 120
    while " run_phase fetch-logs " not in said.read_text():
        assert child.poll() is None and time.monotonic() < until, said.read_text()
        time.sleep(0.05)
    child.terminate()
    assert child.wait(60) == 130
    assert keys_in(said.read_text()) == []
    assert " improve extras " in said.read_text(), "that there are keys was not seen"


def test_what_a_stand_in_says_is_not_traced(kit: Toolkit, tmp_path: Path) -> None:
    key = KEYS["ANTHROPIC_API_KEY"]
    place = kit.top / "tests" / "support" / "stand_in.py"
    place.parent.mkdir(parents=True)
    place.write_text(STAND_IN % key)
    (tmp_path / "demo.sh").write_text(PLAYED)
    done = subprocess.run(
        ["bash", "-Eeuo", "pipefail", tmp_path / "demo.sh", kit.top, str(len(key))],
        env=kit.environ({"DEBUG": "1"}), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert keys_in(done.stderr) == []
    assert done.stderr.endswith(": the end\n"), "the trace does not go on behind it"


def test_a_trace_would_show_what_bash_expands() -> None:
    """The control: what is looked for above is what ``set -x`` prints, and no verb redacts it."""
    words = ["bash", "-c", 'set -x; [[ -n ${ANTHROPIC_API_KEY:-} ]]; export "A=$OPENAI_API_KEY"']
    done = subprocess.run(
        words, env={**os.environ, **KEYS}, capture_output=True, text=True, check=True
    )
    assert keys_in(done.stderr) == list(KEYS)
    assert keys_in(redact(done.stderr)) == []
