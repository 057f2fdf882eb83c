"""Any agent with a command line: it gets a prompt and a working directory.

``command-agent`` in improve.yaml is the name of a preset (``codex``), or an argument list in which
``{prompt_file}`` and ``{tree}`` are filled in. The prompt never travels through the arguments
themselves; it is on standard input, too. The program runs in the sandbox with a home folder of its
own, so it is not signed in: a preset has its key added by our proxy, an argument list names the
variables that pass in ``command-keys``. What it costs is not known here, so no limit in dollars
or tokens holds for it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.agents.command_python import lay_down
from improve.agents.presets import MODEL_SETTING, PRESETS, SERVICES, Preset
from improve.agents.protocol import AgentFault, Outcome, Task
from improve.evidence import clean_text, redact
from improve.workbench import process
from improve.workbench.environ import agent_environ
from improve.workbench.git import Git
from improve.workbench.keyproxy import key_proxy
from improve.workbench.sandbox import level, needs
from improve.workbench.sandbox.fence import Gate

NAME = "command"
CURE = (
    "no command is set. In improve.yaml: command-agent: " + " | ".join(sorted(PRESETS))
    + ', or its arguments: ["my-agent", "--prompt-file", "{prompt_file}"]'
)  # fmt: skip
OUTPUT_KEPT = 1 << 20
WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


@dataclass(frozen=True)
class Way:
    """How a program reaches its model: the address and variables, and what the sandbox opens."""

    url: str = ""
    environ: Mapping[str, str] | None = None
    gate: Gate | None = None


def unavailable(options: dict[str, object]) -> str | None:
    """Why it cannot work here, or None."""
    argv, preset = _wanted(options)
    if not argv:
        return CURE
    if preset is None:
        return None
    if shutil.which(argv[0]) is None:
        return f"`{argv[0]}` is not on PATH; install it ({preset.source.split(',')[0]})"
    keys = (SERVICES[preset.service][0],) if preset.service else preset.keys
    if not any(os.environ.get(key) for key in keys):
        return f"no key for {argv[0]}: set {' or '.join(keys)}"
    return None


def work(task: Task) -> Outcome:
    """Run the command in the tree until it ends or the time is up.

    Raises: AgentFault when it fails or runs into the time limit; ImproveError when the command
    cannot be started.
    """
    argv, preset = _wanted(task.options)
    _decoy(task)
    home = task.scratch / "home"
    home.mkdir(exist_ok=True)
    kept = {path.name for path in task.tree.iterdir()}
    keys = task.options.get("command-keys")
    with _way(preset, keys if isinstance(keys, (list, tuple)) else ()) as way:
        done = _run(task, argv, preset, way, home)
    _swept(task.tree, preset, kept)
    # It may have printed its environment or a file: what it said is kept without secrets.
    said = redact(clean_text(done.text))
    (task.scratch / "transcript.txt").write_text(said)
    end = said[-400:].strip()
    if done.timed_out:
        what = f"the agent was still running after {done.seconds:.0f} s and was ended"
        raise AgentFault("deadline", what)
    if not done.ok:
        raise AgentFault("broken", f"the agent ended with status {done.returncode}: {end[-200:]}")
    return Outcome(changed=True, explanation=end)


def _wanted(options: Mapping[str, object]) -> tuple[tuple[str, ...], Preset | None]:
    """The argument list, and the preset that it comes from."""
    given = options.get("command-agent") or ()
    words = tuple(map(str, given)) if isinstance(given, (list, tuple)) else (str(given),)
    preset = PRESETS.get(words[0]) if len(words) == 1 else None
    return (preset.argv if preset else words), preset


@contextlib.contextmanager
def _way(preset: Preset | None, keys: Sequence[object]) -> Iterator[Way]:
    if preset and preset.service:
        key, address, default = SERVICES[preset.service]
        where = os.environ.get(address) or default
        with key_proxy(preset.service, key=os.environ[key], base_url=where) as proxy:
            environ = proxy.environ()
            yield Way(environ[address], environ, proxy.gate)
        return
    names = [str(name) for name in keys]
    if preset:
        names += [name for name in preset.keys if os.environ.get(name)][:1]
    yield Way(environ={name: os.environ[name] for name in names if name in os.environ})


def _run(
    task: Task, argv: Sequence[str], preset: Preset | None, way: Way, home: Path
) -> process.Finished:
    command = list(argv)
    if preset:  # behind the program and its subcommand, before a closing "-"
        command[2:2] = preset.alone if level() == "none" else preset.held
    command = [_filled(word, task, preset, way, home) for word in command]
    command[0] = shutil.which(command[0]) or command[0]  # before `python` means the target's
    own = (preset.environ if preset else {}).items()
    world = agent_environ({
        "HOME": str(home), "IMPROVE_PROMPT_FILE": str(task.prompt), **(way.environ or {}),
        **{name: _filled(value, task, preset, way, home) for name, value in own},
    })  # fmt: skip
    python = Path(task.environment.python) if task.environment else None
    if python:
        programs = lay_down(home, python, task.test_environ())
        world["PATH"] = f"{programs}{os.pathsep}{world['PATH']}"
    fence = needs.for_agent(
        task.tree, python, gate=way.gate, network=way.gate is None, writable=(home,),
        readable=(task.prompt, *needs.program(command)),
    )  # fmt: skip
    task.progress(f"{argv[0]} is working")
    return process.run(
        command, cwd=task.tree, env=world, timeout=max(1.0, task.seconds_left()),
        merge=True, keep=OUTPUT_KEPT, stdin=task.prompt.read_bytes(), fence=fence,
    )  # fmt: skip


def _filled(word: str, task: Task, preset: Preset | None, way: Way, home: Path) -> str:
    """A word with its places filled in. Not str.format: it may hold braces of its own (JSON)."""
    places = {"{prompt_file}": str(task.prompt), "{tree}": str(task.tree)}
    if preset:
        model = task.options.get(MODEL_SETTING.get(preset.service, ""), "")
        places |= {"{home}": str(home), "{url}": way.url, "{model}": str(model)}
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _swept(tree: Path, preset: Preset | None, kept: set[str]) -> None:
    """Take away what the program put into the tree for itself."""
    for pattern in preset.leaves if preset else ():
        for path in tree.glob(pattern):
            if path.name in kept:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _decoy(task: Task) -> None:
    # A repository for the agent to look at. What it does to it has no effect: our own git folder
    # and index lie outside the tree.
    folder = task.tree / ".git"
    folder.mkdir(exist_ok=True)
    Git(folder).must("init", "--quiet", "--template=", what="The agent's tree needs a repository")
    Git(folder).must(
        "config", "core.bare", "false"
    )  # a git folder that is named outright is taken for one
    git = Git(folder, task.tree, extra={name: "base" for name in WHO})
    git.must("add", "--all", ".")
    git.must("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "base")
