"""Any agent with a command line: it gets a prompt and a working directory.

``command-agent`` in improve.yaml is the name of a preset (``codex``), or an argument list in which
``{prompt_file}`` and ``{tree}`` are filled in. The prompt never travels through the arguments
themselves; it is on standard input, too. The program runs in the sandbox with a home folder of its
own, so it is not signed in: a preset has its key added by our proxy, an argument list names the
variables that pass in ``command-keys``. What passes our proxy is counted, and ends at the run's
limits; of what goes another way nothing is known, so no limit in dollars or tokens holds for it. A
question is put to it with the schema behind the prompt, in a copy of the tree; the answer is the last
JSON object that it prints and that fits.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from improve.agents.answers import NoAnswer, read_answer
from improve.agents.command_python import lay_down
from improve.agents.command_tree import asking, decoy, swept
from improve.agents.meter import Meter
from improve.agents.presets import PRESETS, Preset
from improve.agents.protocol import AgentFault, Answer, Outcome, Question, Task
from improve.evidence import clean_text, redact
from improve.workbench import process
from improve.workbench.environ import agent_environ
from improve.workbench.folders import remove
from improve.workbench.keyproxy import key_proxy
from improve.workbench.sandbox import level, needs, shares_loopback
from improve.workbench.sandbox.fence import Gate

NAME = "command"
CURE = (
    "no command is set. In improve.yaml: command-agent: " + " | ".join(sorted(PRESETS))
    + ', or its arguments: ["my-agent", "--prompt-file", "{prompt_file}"]'
)  # fmt: skip
OUTPUT_KEPT = 1 << 20


@dataclass(frozen=True)
class Way:
    """How a program reaches its model: the address and variables, and what the sandbox opens."""

    url: str = ""
    environ: Mapping[str, str] | None = None
    gate: Gate | None = None


@dataclass(frozen=True)
class Job:
    """What the program is started for: its working folder, its prompt, its limits."""

    tree: Path
    prompt: Path
    scratch: Path
    options: Mapping[str, object]
    seconds_left: Callable[[], float]
    progress: Callable[[str], None]
    meter: Meter
    python: Path | None = None  # of the target's environment
    test_environ: Callable[[], dict[str, str]] = dict


def unavailable(options: dict[str, object]) -> str | None:
    """Why it cannot work here, or None."""
    argv, preset = _wanted(options)
    if not argv:
        return CURE
    if preset is None:
        return None
    if shutil.which(argv[0]) is None:
        return f"`{argv[0]}` is not on PATH; install it ({preset.source.split(',')[0]})"
    keys = (preset.service.key,) if preset.service else preset.keys
    if not any(os.environ.get(key) for key in keys):
        return f"no key for {argv[0]}: set {' or '.join(keys)}"
    return None


def work(task: Task) -> Outcome:
    """Run the command in the tree until it ends or the time is up.

    Raises: AgentFault when it fails or runs into the time limit; ImproveError when the command
    cannot be started.
    """
    python = Path(task.environment.python) if task.environment else None
    said = _said(
        Job(task.tree, task.prompt, task.scratch, task.options, task.seconds_left, task.progress,
            task.meter, python, task.test_environ)
    )  # fmt: skip
    return Outcome(changed=True, explanation=said[-400:].strip())


def ask(question: Question) -> Answer:
    """The answer that the command prints. What it changes is a copy's, and goes with it.

    Raises: AgentFault (``no_answer`` when nothing that fits was printed); ImproveError when the
    command cannot be started.
    """
    with asking(question) as (tree, prompt):
        said = _said(
            Job(tree, prompt, question.scratch, question.options, question.seconds_left, question.progress,
                question.meter)
        )  # fmt: skip
    try:
        return Answer(read_answer(said, question.schema))
    except NoAnswer as error:
        raise AgentFault("no_answer", f"the agent gave no answer: {error}") from error


def _said(job: Job) -> str:
    """All that the program printed, once it ended well. Raises: AgentFault, ImproveError."""
    argv, preset = _wanted(job.options)
    decoy(job.tree)
    home = job.scratch / "home"
    remove(home)  # what an earlier try left there may be a link to the user's own
    home.mkdir()
    kept = {path.name for path in job.tree.iterdir()}
    keys = job.options.get("command-keys")
    with _way(job, preset, keys if isinstance(keys, (list, tuple)) else ()) as way:
        done = _run(job, argv, preset, way, home)
    swept(job.tree, preset.leaves if preset else (), kept)
    # It may have printed its environment or a file: what it said is kept without secrets.
    said = redact(clean_text(done.text))
    (job.scratch / "transcript.txt").write_text(said)
    if done.timed_out:
        what = f"the agent was still running after {done.seconds:.0f} s and was ended"
        raise AgentFault("deadline", what)
    if not done.ok:
        if why := job.meter.exhausted():
            raise AgentFault("limit", why)
        end = said[-200:].strip()
        raise AgentFault("broken", f"the agent ended with status {done.returncode}: {end}")
    return said


def _wanted(options: Mapping[str, object]) -> tuple[tuple[str, ...], Preset | None]:
    """The argument list, and the preset that it comes from."""
    given = options.get("command-agent") or ()
    words = tuple(map(str, given)) if isinstance(given, (list, tuple)) else (str(given),)
    preset = PRESETS.get(words[0]) if len(words) == 1 else None
    return (preset.argv if preset else words), preset


@contextlib.contextmanager
def _way(job: Job, preset: Preset | None, keys: Sequence[object]) -> Iterator[Way]:
    if preset and preset.service:
        models = (_model(job, preset),)
        with key_proxy(
            preset.service, os.environ, models, job.meter, port=shares_loopback()
        ) as proxy:
            environ = proxy.environ()
            yield Way(environ[preset.service.address], environ, proxy.gate)
        return
    names = [str(name) for name in keys]
    if preset:
        names += [name for name in preset.keys if os.environ.get(name)][:1]
    yield Way(environ={name: os.environ[name] for name in names if name in os.environ})


def _run(
    job: Job, argv: Sequence[str], preset: Preset | None, way: Way, home: Path
) -> process.Finished:
    command = list(argv)
    if preset:  # behind the program and its subcommand, before a closing "-"
        command[2:2] = preset.alone if level() == "none" else preset.held
    command = [_filled(word, job, preset, way, home) for word in command]
    command[0] = shutil.which(command[0]) or command[0]  # before `python` means the target's
    own = (preset.environ if preset else {}).items()
    world = agent_environ({
        "HOME": str(home), "IMPROVE_PROMPT_FILE": str(job.prompt), **(way.environ or {}),
        **{name: _filled(value, job, preset, way, home) for name, value in own},
    })  # fmt: skip
    if job.python:
        programs = lay_down(home, job.python, job.test_environ())
        world["PATH"] = f"{programs}{os.pathsep}{world['PATH']}"
    fence = needs.for_agent(
        job.tree, job.python, gate=way.gate, network=way.gate is None, writable=(home,),
        readable=(job.prompt, *needs.program(command)),
    )  # fmt: skip
    job.progress(f"{argv[0]} is working")
    return process.run(
        command, cwd=job.tree, env=world, timeout=max(1.0, job.seconds_left()),
        merge=True, keep=OUTPUT_KEPT, stdin=job.prompt.read_bytes(), fence=fence,
    )  # fmt: skip


def _model(job: Job, preset: Preset) -> str:
    return str(job.options.get(preset.service.model_setting, "")) if preset.service else ""


def _filled(word: str, job: Job, preset: Preset | None, way: Way, home: Path) -> str:
    """A word with its places filled in. Not str.format: it may hold braces of its own (JSON)."""
    places = {"{prompt_file}": str(job.prompt), "{tree}": str(job.tree)}
    if preset:
        places |= {"{home}": str(home), "{url}": way.url, "{model}": _model(job, preset)}
    for name, value in places.items():
        word = word.replace(name, value)
    return word
