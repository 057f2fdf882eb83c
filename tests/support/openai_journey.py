"""The inside of ``tests/flow/test_openai_journey.py``: a whole run beside its scripted model.

``python -m tests.support.openai_journey PLACE REPOSITORY CACHE`` prints one JSON object.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from tests.support.model_servers import openai
from tests.support.model_servers.script import Call, Turn
from tests.support.shop import FILES, RIGHT, WRONG
from tests.support.toolkit import log_of, request, toolkit

ANSWER = {
    "root_cause": {"summary": "total skips the first price", "file": "shop.py", "line": 7},
    "change": "All prices are added.", "doubt": "", "gave_up": "", "hand_over": "",
}  # fmt: skip


def tried() -> int:
    """Packets and connections of this namespace that had nowhere to go, and all datagrams."""
    lines = Path("/proc/net/snmp").read_text().splitlines()
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=True):
        kind, *rest = names.split()
        found.update(zip([kind + name for name in rest], map(int, values.split()[1:]), strict=True))
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    ours = (found["Ip:OutNoRoutes"], found["Udp:OutDatagrams"])
    return sum((*ours, int(six["Ip6OutNoRoutes"]), int(six["Udp6OutDatagrams"])))


def patch(path: str, old: str, new: str) -> Call:
    diff = f"@@\n-{old}\n+{new}\n"
    return Call("apply_patch", {"type": "update_file", "path": path, "diff": diff})


def main(place: Path, repository: Path, cache: Path) -> None:
    """Run, and print what came of it."""
    loop = f"    for price in {WRONG}:"

    def cheats(body: object) -> Turn:
        # The frozen test has the name that the prompt gives it.
        frozen = next(word for word in json.dumps(body).split() if "test_wrong_total.py" in word)
        path = frozen.partition("::")[0].strip("`'\"\\n")
        return Turn(
            "I weaken the test.", (Call("apply_patch", {"type": "delete_file", "path": path}),)
        )

    turns = [cheats, Turn(calls=(patch("shop.py", loop, loop.replace(WRONG, RIGHT)),)),
             Turn(calls=(Call("run_check", {}),)), Turn(answer=ANSWER)]  # fmt: skip
    info = request(place / "request", repository, raw__logs=log_of(FILES), agents=["openai"])
    with openai.serve(turns) as model:
        ended = toolkit(place / "alone", cache).run(
            "--request", info, OPENAI_API_KEY="sk-" + "b" * 40, OPENAI_BASE_URL=f"{model.url}/v1"
        ).good()  # fmt: skip
        prompt = str(model.turns()[0].body["input"])
    beyond = tried()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as one:
            one.connect_ex(("192.0.2.1", 80))
    told = {
        "fix": ended.artifact("fix"), "publish": ended.artifact("publish"), "report": ended.report,
        "prompt": prompt,
        "beyond_loopback": beyond, "control": tried() - beyond,
    }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
