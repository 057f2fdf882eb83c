"""Any agent with a command line: it gets a prompt file and a working directory.

``command-agent`` in improve.yaml is its argument list; ``{prompt_file}`` and ``{tree}`` are put
in. The prompt never travels through the arguments themselves. The tree gets a ``.git`` of its own
(agents expect one) that we never read.
"""

from __future__ import annotations

from improve.agents.protocol import Outcome, Task
from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.environ import installer_environ
from improve.workbench.git import environ

NAME = "command"
CURE = 'no command is set. In improve.yaml: command-agent: ["my-agent", "--prompt-file", "{prompt_file}"]'
OUTPUT_KEPT = 1 << 20


def unavailable(options: dict[str, object]) -> str | None:
    """Why it cannot work here, or None."""
    return None if options.get("command-agent") else CURE


def work(task: Task) -> Outcome:
    """Run the command in the tree until it ends or the time is up.

    Raises: ImproveError when the command cannot be started or runs into the time limit.
    """
    given = task.options["command-agent"]
    parts = [str(part) for part in given] if isinstance(given, (list, tuple)) else [str(given)]
    # Not str.format: an argument may hold braces of its own (JSON).
    argv = [
        part.replace("{prompt_file}", str(task.prompt)).replace("{tree}", str(task.tree))
        for part in parts
    ]
    _decoy(task)
    world = installer_environ(
        {"HOME": str(task.scratch / "home"), "IMPROVE_PROMPT_FILE": str(task.prompt)}
    )
    (task.scratch / "home").mkdir(exist_ok=True)
    task.progress(f"{argv[0]} is working")
    limit = max(1.0, task.seconds_left())
    done = process.run(
        argv, cwd=task.tree, env=world, timeout=limit, merge=True, keep=OUTPUT_KEPT,
        stdin=task.prompt.read_bytes(), caps=process.Caps(),
    )  # fmt: skip
    (task.scratch / "transcript.txt").write_bytes(done.stdout)
    process_said = done.tail(400).strip()
    if done.timed_out:
        raise ImproveError(f"the agent was still running after {limit:.0f} s and was ended")
    if not done.ok:
        raise ImproveError(f"the agent ended with status {done.returncode}: {process_said[-200:]}")
    return Outcome(changed=True, explanation=process_said)


def _decoy(task: Task) -> None:
    # A repository for the agent to look at. What it does to it has no effect: our own git folder
    # and index lie outside the tree.
    for args in (
        ["init", "--quiet", "--template=", "."],
        ["add", "--all", "."],
        [
            "-c",
            "user.name=base",
            "-c",
            "user.email=base@localhost",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "base",
        ],
    ):
        process.must(
            process.run(["git", *args], cwd=task.tree, env=environ(), timeout=120),
            "The agent's tree could not be made a repository",
        )
