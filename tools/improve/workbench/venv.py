"""A virtual environment of the target: made, installed into, and prepared by the request's setup."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import metadata
from pathlib import Path

from improve.workbench import answers, process, sandbox
from improve.workbench.checkout import borrowed
from improve.workbench.environ import installer_environ
from improve.workbench.interpreters import allows
from improve.workbench.sandbox import environments, needs, visible

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Venv:
    """A virtual environment under construction and the folder that pip is run in.

    ``downloads`` is where its installers keep what they fetch. ``shown`` is what its build may read
    beside its own three folders: fixed before anything of the target's runs, since a build may write
    what would be looked up later (links, alternates).
    """

    python: Path
    checkout: Path
    downloads: Path
    deadline: float
    own_pip: bool = False
    shown: tuple[Path, ...] = ()
    stands: Path | None = None  # where pip is run, when not in the checkout

    @property
    def place(self) -> Path:
        """The environment's folder, which its build cannot write to; what we tell pip lies there."""
        return self.python.parent.parent.parent

    def remaining(self) -> float:
        return max(1.0, self.deadline - time.monotonic())

    def pip(self, arguments: Sequence[str], share: float = 1.0) -> process.Finished:
        """``pip install`` with these arguments, in at most ``share`` of the time that is left.

        What lies in the checkout unasked is not seen: no ``pip.py`` in the place of pip's own module
        (-I) and, where ``stands`` is elsewhere, no folder that is called like a requirement.

        Raises: ImproveError when the build of a package replaced the environment's interpreter.
        """
        python = str(self.python)
        head = [sys.executable, "-I", "-m", "pip", "--python", python]
        head = [python, "-I", "-m", "pip"] if self.own_pip else head
        head += ["install", "--no-input", "--retries=3", "--progress-bar=off"]
        seconds = self.remaining() * share
        return _run(self, [*head, *arguments], _world(self), seconds, self.stands or self.checkout)


def make_venv(
    interpreter: Path,
    place: Path,
    checkout: Path,
    downloads: Path,
    deadline: float,
    *,
    with_pip: bool,
) -> Venv:
    """A new virtual environment at ``place``; without pip unless asked, which is much faster.

    Raises: ImproveError when the interpreter cannot make one, or says that it did and did not.
    """
    options = [] if with_pip else ["--without-pip"]
    shown = (*visible.interpreter(interpreter), *borrowed(checkout / ".git"))
    python = place / "bin" / "python"
    made = Venv(python, checkout, downloads, deadline, own_pip=with_pip, shown=shown)
    done = process.run(
        [interpreter, "-I", "-m", "venv", *options, place],
        cwd=place.parent, env=_world(made), timeout=max(1.0, deadline - time.monotonic()), merge=True,
        fence=_fence(made),
    )  # fmt: skip
    process.must(
        done,
        "A virtual environment could not be made",
        "Install the venv module of that Python (Debian: apt-get install python3-venv).",
    )
    if not made.python.exists():
        raise answers.unclear(done, "A virtual environment could not be made")
    return replace(made, shown=(*shown, *visible.interpreter(made.python)))


def _fence(venv: Venv) -> sandbox.Held:
    """What building may reach: see ``needs.for_building``; and what we wrote down for pip."""
    readable = (*venv.shown, *sorted(venv.place.glob("*.txt")))
    return needs.for_building(venv.place, venv.downloads, readable)


def _run(
    venv: Venv, argv: Sequence[str], world: dict[str, str], seconds: float, cwd: Path
) -> process.Finished:
    """Code of the target's, held; nothing that it left is followed before it was looked at."""
    fence = _fence(venv)
    done = process.run(
        argv, cwd=cwd, env=world, timeout=seconds, merge=True, keep=1 << 20, fence=fence
    )
    environments.require_unchanged(
        venv.python, (*fence.fence.readable, *visible.programs(installer_environ()))
    )
    return done


def _world(venv: Venv, extra: dict[str, str] | None = None) -> dict[str, str]:
    cache = venv.downloads
    own = {"XDG_CACHE_HOME": str(cache), "PIP_CACHE_DIR": str(cache / "pip")}
    return installer_environ({**own, "UV_CACHE_DIR": str(cache / "uv"), **(extra or {})})


def supports(version: str) -> bool:
    """Whether the toolkit's pip still runs under a Python of this version ('3.9.18')."""
    return allows(str(metadata("pip")["Requires-Python"] or ""), version)


def run_setup(venv: Venv, commands: Sequence[str], progress: Progress) -> str:
    """The request's own ``setup`` commands, in the checkout, the environment first on PATH.

    Returns the end of what they said. Raises: ImproveError when one fails.
    """
    home = venv.python.parent.parent
    path = f"{venv.python.parent}:{installer_environ().get('PATH', '')}"
    named = {"VIRTUAL_ENV": str(home), "UV_PROJECT_ENVIRONMENT": str(home), "CI": "true"}
    world = _world(venv, {"PATH": path, **named})
    said = ""
    for command in commands:
        progress(f"setup: {command[:60]}")
        done = _run(venv, ["sh", "-e", "-c", command], world, venv.remaining(), venv.checkout)
        said = process.must(
            done,
            "A `setup` command of the request failed",
            "Correct `setup` in info.json. In the sandbox it can write to the environment and its "
            "clone alone; what the system needs is installed outside, before.",
        ).tail(3000)
    return said
