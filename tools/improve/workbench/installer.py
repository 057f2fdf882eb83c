"""pip, asked for everything at once and, when that fails, for honestly less.

The toolkit's own locked pip installs into the target's environment (``--python``), so it does
not matter which pip that Python came with. Pythons that this pip no longer knows get their own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from improve.errors import ImproveError
from improve.workbench import process
from improve.workbench.declared.requirements import name_of
from improve.workbench.venv import Venv

Progress = Callable[[str], None]
_OFFLINE = (
    "NameResolutionError", "NewConnectionError", "Failed to establish a new connection",
    "Temporary failure in name resolution", "ConnectTimeoutError", "Network is unreachable",
    "ProxyError", "Could not fetch URL",
)  # fmt: skip
_DROPS = 4
_TIED = re.compile(r"The user requested \(constraint\) (\S{1,200})")
_ADDRESS = re.compile(r"Failed to build '((?:git\+|https?:)[^']{1,300})'")
_CULPRIT = re.compile(
    r"(?:No matching distribution found for|Failed to build|Failed building wheel for"
    r"|satisfies the requirement) '?([A-Za-z0-9][\w.-]{0,100})"
)


@dataclass(frozen=True)
class Order:
    """What is to be installed. ``project`` is its folder relative to the checkout, or None."""

    project: str | None
    extras: tuple[str, ...]
    requirements: tuple[str, ...]
    dependencies: tuple[str, ...]
    plugins: tuple[str, ...]
    constraints: tuple[str, ...]
    build_constraints: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        own = [f"./{self.project}{extras}"] if self.project is not None else list(self.dependencies)
        return list(dict.fromkeys([*own, *self.requirements, "pytest", *self.plugins]))


@dataclass(frozen=True)
class Installed:
    """What came of it. ``order`` is what was installed at last; None: not even pytest."""

    order: Order | None
    notes: tuple[str, ...]
    said: str = ""
    offline: bool = False


def install(venv: Venv, order: Order, progress: Progress) -> Installed:
    """Install the order, or the most of it that can be installed; every step down is noted."""
    notes: list[str] = []
    first = ""
    for step, less in _ladder(order):
        if venv.deadline - time.monotonic() < 2:
            return Installed(None, (*notes, "The time for the environment was used up."), first)
        progress(f"installing {len(less.arguments())} requirements{step and ' ' + step}")
        done, got = _with_drops(venv, less, notes)
        if done.ok:
            return Installed(
                got, (*notes, f"Installed {step}.") if step else tuple(notes), done.tail(3000)
            )
        said = done.tail(3000)
        first = first or said
        notes.append(f"The install{step and ' ' + step} failed: {_reason(done.text)}")
        if _is_offline(done.text):
            return Installed(None, tuple(notes), said, offline=True)
    return Installed(None, tuple(notes), first)


def _ladder(order: Order) -> Iterator[tuple[str, Order]]:
    yield "", order
    free = replace(order, constraints=())
    if order.constraints:
        yield "without the versions of the log and the lock file", free
    plain = replace(free, extras=(), requirements=())
    if plain != free and order.constraints:
        tied = replace(plain, constraints=order.constraints)
        yield "without the requirements of the tests, at the versions of the log", tied
    if plain != free:
        yield "without the requirements of the tests (the project, pytest and its plugins)", plain
    if order.project is not None:
        bare = "without the project itself"
        yield f"{bare} (its dependencies, the tests' requirements)", replace(free, project=None)
        yield f"{bare} (its dependencies and pytest)", replace(plain, project=None)
    yield "with nothing but pytest", Order(None, (), (), (), order.plugins, ())


def _with_drops(venv: Venv, order: Order, notes: list[str]) -> tuple[process.Finished, Order]:
    """Try an order; what pip names as the culprit is left out, a few times, with a note."""
    for _ in range(_DROPS):
        done = venv.pip(_files(venv, order), share=0.7)  # the rest is for a step with less
        if done.ok or done.timed_out or _is_offline(done.text):
            break
        less, what = _without_culprit(order, done.text)
        if less == order:
            break
        order = less
        notes.append(what)
    return done, order


def _is_offline(said: str) -> bool:
    # One retry is a hiccup; three in a row were all that pip had.
    return said.count("Retrying (") >= 3 and any(word in said for word in _OFFLINE)


def _files(venv: Venv, order: Order) -> list[str]:
    arguments = order.arguments()
    if order.constraints:
        path = venv.place / "constraints.txt"
        path.write_text("\n".join(order.constraints) + "\n", "utf-8")
        arguments = ["-c", str(path), *arguments]
    if order.build_constraints and not venv.own_pip:
        path = venv.place / "build-constraints.txt"
        path.write_text("\n".join(order.build_constraints) + "\n", "utf-8")
        arguments = ["--build-constraint", str(path), *arguments]
    return arguments


def _without_culprit(order: Order, said: str) -> tuple[Order, str]:
    if "No module named 'pkg_resources'" in said and not order.build_constraints:
        less = replace(order, build_constraints=("setuptools<81",))  # setuptools 82 removed it
        return less, "Built with setuptools<81, as the project's build needs pkg_resources."
    lines = [line[:2000] for line in said.splitlines()]
    named = {name_of(m.group(1)) for line in lines if (m := _CULPRIT.search(line))}
    tied = {name_of(m.group(1)) for line in lines if (m := _TIED.search(line))}
    loose = tuple(c for c in order.constraints if name_of(c) not in tied | named)
    if len(loose) < len(order.constraints):
        gone = sorted(set(order.constraints) - set(loose))
        what = f"Not at the version of the log or lock file: {', '.join(gone)}."
        return replace(order, constraints=loose), what
    places = {m.group(1) for line in lines if (m := _ADDRESS.search(line))}
    kept = tuple(
        r for r in order.requirements if name_of(r) not in named and not any(p in r for p in places)
    )
    plugins = tuple(p for p in order.plugins if name_of(p) not in named)
    gone = sorted({*order.requirements, *order.plugins} - {*kept, *plugins})
    what = f"Left out, as pip could not install it: {', '.join(gone)}."
    return replace(order, requirements=kept, plugins=plugins), what


def _reason(said: str) -> str:
    errors = [
        line.strip()[:300]
        for line in said.splitlines()
        if line.lower().lstrip().startswith("error")
    ]
    last = [line.strip()[:300] for line in said.splitlines() if line.strip()]
    return (errors or last or ["it said nothing"])[-1]


def no_environment(notes: Sequence[str], said: str) -> ImproveError:
    """The error for when nothing worked."""
    told = "\n".join(f"  {note}" for note in notes)
    return ImproveError(
        f"No environment for the target's tests could be built.\n{told}\n{said[-1500:].strip()}",
        "Name the commands that install what the tests need as `setup` in info.json.",
    )
