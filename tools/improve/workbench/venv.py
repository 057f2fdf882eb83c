"""A virtual environment of the target: made, installed into, and prepared by the request's setup."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

from improve.workbench import answers, process, sandbox
from improve.workbench.checkout import borrowed
from improve.workbench.environ import installer_environ
from improve.workbench.interpreters import allows
from improve.workbench.sandbox import needs

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Venv:
    """A virtual environment under construction and the folder that pip is run in."""

    python: Path
    checkout: Path
    deadline: float
    own_pip: bool = False

    def remaining(self) -> float:
        return max(1.0, self.deadline - time.monotonic())

    def pip(self, arguments: Sequence[str], share: float = 1.0) -> process.Finished:
        """``pip install`` with these arguments, in at most ``share`` of the time that is left."""
        python = str(self.python)
        head = [sys.executable, "-m", "pip", "--python", python]
        head = [python, "-m", "pip"] if self.own_pip else head
        return process.run(
            [*head, "install", "--no-input", "--retries=3", "--progress-bar=off", *arguments],
            cwd=self.checkout,
            env=_world(self),
            timeout=self.remaining() * share,
            merge=True,
            keep=1 << 20,
            fence=_fence(self),
        )


def make_venv(
    interpreter: Path, place: Path, checkout: Path, deadline: float, *, with_pip: bool
) -> Venv:
    """A new virtual environment at ``place``; without pip unless asked, which is much faster.

    Raises: ImproveError when the interpreter cannot make one, or says that it did and did not.
    """
    options = [] if with_pip else ["--without-pip"]
    made = Venv(place / "bin" / "python", checkout, deadline, own_pip=with_pip)
    done = process.run(
        [interpreter, "-I", "-m", "venv", *options, place],
        cwd=place.parent, env=_world(made), timeout=max(1.0, deadline - time.monotonic()), merge=True,
        fence=_fence(made, interpreter),
    )  # fmt: skip
    process.must(
        done,
        "A virtual environment could not be made",
        "Install the venv module of that Python (Debian: apt-get install python3-venv).",
    )
    if not made.python.exists():
        raise answers.unclear(done, "A virtual environment could not be made")
    return made


def _fence(venv: Venv, *pythons: Path) -> sandbox.Held:
    """What building may reach: see ``needs.for_building``; and the objects the clone borrows."""
    place = venv.python.parent.parent.parent
    return needs.for_building(place, (venv.python, *pythons), borrowed(venv.checkout / ".git"))


def _world(venv: Venv, extra: dict[str, str] | None = None) -> dict[str, str]:
    cache = needs.installer_cache(venv.python.parent.parent.parent)
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
        done = process.run(
            ["sh", "-e", "-c", command], cwd=venv.checkout, env=world,
            timeout=venv.remaining(), merge=True, keep=1 << 20, fence=_fence(venv),
        )  # fmt: skip
        said = process.must(
            done,
            "A `setup` command of the request failed",
            "Correct `setup` in info.json. In the sandbox it can write to the environment and its "
            "clone alone; what the system needs is installed outside, before.",
        ).tail(3000)
    return said
