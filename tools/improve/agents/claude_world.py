"""The world that the claude program lives in for one session: made for it, gone after it.

It sees the tree, a folder of its own, itself and the system's programs. It has no key: a proxy of
ours adds it to requests for the model, and that proxy is all that it reaches of the network. Where
the machine has no sandbox the same holds less firmly, and there is no shell tool at all.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from improve.agents import claude_launch
from improve.agents.claude_launch import Launcher
from improve.agents.claude_options import switches
from improve.agents.fence import Bounds
from improve.agents.meter import Meter
from improve.agents.protocol import AgentFault
from improve.workbench.folders import remove
from improve.workbench.keyproxy import key_proxy
from improve.workbench.process import RUN_MARK
from improve.workbench.sandbox import needs, shares_loopback
from improve.workbench.services import ANTHROPIC

# Folders in the attempt's scratch: the program's own, and how it is started, which it cannot see.
OWN, START = "claude", "claude-start"
# What the program would ask a smaller model beside its work, it asks the one that the proxy lets pass.
SMALL = ("ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_SMALL_FAST_MODEL")
CLOSED = ("bubblewrap", "bubblewrap-root")  # where a process cannot see or outlive its fence


@dataclass(frozen=True)
class World:
    """``shell``: whether a shell may be offered; ``overrun`` says which limit was passed, or ''."""

    launcher: Launcher
    own: Path
    level: str
    shell: bool
    overrun: Callable[[], str]
    end: Callable[[], None]


@contextmanager
def world(
    scratch: Path,
    bounds: Bounds,
    python: Path | None,
    environ: Mapping[str, str],
    seconds: float,
    model: str,
    meter: Meter,
) -> Iterator[World]:
    """A world around ``bounds.tree``; nothing of it runs any more when the context is left.

    ``environ`` is what the program's shell shall find (PATH and the like), ``python`` the
    target's interpreter, ``seconds`` the time of the whole session, ``model`` the only one that
    anything in there can ask; whoever asks it there, ``meter`` counts the answer.

    Raises: ImproveError when the sandbox is required and not there, or cannot be put up.
    """
    own, ours = scratch / OWN, scratch / START
    program = cli()
    with (
        _gone_afterwards(own, ours),
        key_proxy(ANTHROPIC, os.environ, (model,), meter, port=shares_loopback()) as proxy,
    ):
        # Inside of the writable tree, what is shown as readable stays as it is, for shells too.
        shown = (program.parent, *(bounds.tree / name for name in bounds.frozen))
        held = needs.for_agent(
            bounds.tree, python, gate=proxy.gate, writable=(own,), readable=shown
        )
        env = {
            **environ,
            **switches(seconds),
            **dict.fromkeys(SMALL, model),
            **proxy.environ(),
            "HOME": str(own / "home"),
            "CLAUDE_CONFIG_DIR": str(own / "config"),
            "TMPDIR": str(own / "tmp"),
            **{name: os.environ[name] for name in (RUN_MARK,) if name in os.environ},
        }
        with held.around([str(program)], env, bounds.tree) as inside:
            made = claude_launch.launcher(ours, inside.argv, inside.env)

            def end() -> None:
                claude_launch.end(made, inside.end)

            try:
                yield World(
                    made, own, inside.level, inside.level in CLOSED,
                    lambda: claude_launch.watched(made, inside.overrun), end,
                )  # fmt: skip
            finally:
                end()


@contextmanager
def _gone_afterwards(own: Path, ours: Path) -> Iterator[None]:
    # The program keeps sessions and logs of its own, which nobody redacts: ours is the transcript.
    for folder in (own, ours):
        remove(folder)
    for folder in (own / "home", own / "config", own / "tmp", ours):
        folder.mkdir(parents=True)
    try:
        yield
    finally:
        for folder in (own, ours):
            remove(folder)


def cli() -> Path:
    """The program: the one that the SDK was made for, or where its wheel has none, PATH's.

    Raises: AgentFault.
    """
    spec = find_spec("claude_agent_sdk")
    bundled = Path(str(spec.origin)).parent / "_bundled" / "claude" if spec else None
    if bundled and bundled.is_file():
        return bundled.resolve()
    found = shutil.which("claude")
    if not found:
        raise AgentFault(
            "broken",
            "claude-agent-sdk has no claude program for this machine.",
            "Install Claude Code, so that `claude` is on PATH, or take another agent.",
        )
    return Path(found).resolve()
