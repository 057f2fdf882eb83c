"""Any agent with a command line: it gets a prompt file and a working directory.

``command-agent`` in improve.yaml is its argument list; ``{prompt_file}`` and ``{tree}`` are put
in. The prompt never travels through the arguments themselves. The tree gets a ``.git`` of its own
(agents expect one) that we never read.
"""

from __future__ import annotations

from improve.agents.protocol import Outcome, Task
from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.environ import agent_environ
from improve.workbench.git import Git
from improve.workbench.sandbox import needs

NAME = "command"
CURE = 'no command is set. In improve.yaml: command-agent: ["my-agent", "--prompt-file", "{prompt_file}"]'
OUTPUT_KEPT = 1 << 20
WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


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
    home = task.scratch / "home"
    home.mkdir(exist_ok=True)
    world = agent_environ({"HOME": str(home), "IMPROVE_PROMPT_FILE": str(task.prompt)})
    # Such a program brings its own way to its model, so its network is open.
    shown = (task.prompt, *needs.program(argv))
    fence = needs.for_agent(task.tree, None, network=True, writable=(home,), readable=shown)
    task.progress(f"{argv[0]} is working")
    limit = max(1.0, task.seconds_left())
    done = process.run(
        argv, cwd=task.tree, env=world, timeout=limit, merge=True, keep=OUTPUT_KEPT,
        stdin=task.prompt.read_bytes(), fence=fence,
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
    folder = task.tree / ".git"
    folder.mkdir(exist_ok=True)
    Git(folder).must("init", "--quiet", "--template=", what="The agent's tree needs a repository")
    git = Git(folder, task.tree, extra={name: "base" for name in WHO})
    git.must("add", "--all", ".")
    git.must("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "base")
