"""A person as the last rung: says where the prompt and the tree are, and waits.

For teams without a key, or with a favourite editor. Only where somebody sits at a terminal.
"""

from __future__ import annotations

import select
import sys

from improve.agents.protocol import Outcome, Task

NAME = "manual"


def unavailable(_options: dict[str, object]) -> str | None:
    """Why it cannot work here, or None."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        return None
    return "nobody sits at a terminal; start ./run.sh in one to fix it by hand"


def work(task: Task) -> Outcome:
    """Wait until the person presses Enter; ``s`` gives up. At most as long as this rung may take."""
    lines = (
        "",
        f"Your turn. The prompt: {task.prompt}",
        f"           The tree:   {task.tree}",
        "Edit the files in the tree, then press Enter; type s and Enter to give up.",
        f"There are {task.seconds_left() / 60:.0f} minutes (limits.minutes in the request gives more).",
    )
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - stderr is for people
    while True:
        if not select.select([sys.stdin], [], [], task.seconds_left())[0]:
            # What was edited until now is on its way to be judged all the same.
            return Outcome(changed=True, explanation="Edited by hand; the time was up.")
        answer = sys.stdin.readline()
        if not answer or answer.strip().lower() in ("s", "skip", "q"):
            return Outcome(changed=False, gave_up="the person gave up")
        task.progress("running the reproduction")
        result = task.run_check()
        if result.ok:
            return Outcome(changed=True, explanation="Edited by hand.")
        again = f"{result.log[-2000:]}\nIt still fails. Edit on and press Enter, or s."
        print(again, file=sys.stderr, flush=True)  # noqa: T201
