"""A demo taken apart into its phases: each can be begun again and again from the state before it.

The state is what a killed or failed session leaves to the next: the run folder, the repositories,
the cache. It is saved before each phase of an undisturbed run, so a call in the fourth phase is
reached without the first three; and a phase that ends in the state that it ended in undisturbed has
the same future.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tests.support.outside import Call, Outside
from tests.support.repositories import git
from tests.support.toolkit import PATIENCE, Toolkit

KILLED = -9
PHASES = ("validate", "fetch-logs", "reproduce", "fix", "publish", "report")
ROOM = 48  # MB of the disk that gets full
CHANGING = (
    "kit/outputs", "kit/reproduce-deterministic-failures", "cache/locks", "cache/workbenches",
    "cache/turns",
)  # fmt: skip
ENVIRONMENTS = "cache/environments"
BUILT = "building"  # the calls of `reproduce` that only the first run makes: the environment's


@dataclass(frozen=True)
class Session:
    """How one call of run.sh ended; ``code`` is -9 when it was killed."""

    code: int
    said: str


@dataclass
class Stages:
    """The demo ``name`` in ``place``: a toolkit in kit/, its cache, its TMPDIR, what was saved."""

    name: str
    place: Path
    outside: Outside
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict)
    counted: dict[str, list[Call]] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)  # seconds of each undisturbed phase
    resumed: dict[tuple[str, str], str] = field(default_factory=dict)  # what came of it, by state

    @property
    def kit(self) -> Toolkit:
        return Toolkit(self.place / "kit", self.place / "cache")

    @property
    def example(self) -> Path:
        return self.kit.top / "outputs" / "examples" / self.name

    @property
    def stored(self) -> Path:
        """What the demo's GitHub keeps, if it has one."""
        return self.example / "stored"

    def record(self) -> None:
        """One undisturbed run, a session a phase: the states, and the calls between them."""
        (self.place / "tmp").mkdir(exist_ok=True)
        for phase in PHASES:
            self.save(phase)
            self.measure(phase)
        first = self.counted["reproduce"]
        self.restore("reproduce")
        self.measure("reproduce")
        self.counted[BUILT] = only_in(first, self.counted["reproduce"])

    def measure(self, phase: str) -> None:
        """Its calls, its seconds and the state that it leaves, undisturbed."""
        began = time.monotonic()
        self.session(phase)
        self.took[phase] = time.monotonic() - began
        self.wanted[phase] = self.state()
        verbs = {"validate": ("validate", "lock"), "fetch-logs": ("resume", "fetch-logs")}
        self.counted[phase] = [
            call for verb in verbs.get(phase, (phase,)) for call in self.outside.calls(verb)
        ]

    def save(self, phase: str) -> None:
        """Keep the state before ``phase``."""
        for name in CHANGING:
            if (self.place / name).exists():
                copy(self.place / name, self.place / "saved" / phase / name)

    def restore(self, phase: str, *, built: bool = True) -> None:
        """Begin anew with the state before ``phase``; the target's environment is ``built``, or not."""
        for name in (*CHANGING, "tmp"):
            shutil.rmtree(self.place / name, ignore_errors=True)
            if (self.place / "saved" / phase / name).exists():
                copy(self.place / "saved" / phase / name, self.place / name)
        (self.place / "tmp").mkdir()
        if not built:
            shutil.rmtree(self.place / ENVIRONMENTS, ignore_errors=True)

    def session(self, phase: str, call: Call | None = None, how: str = "", **extra: str) -> Session:
        """run.sh, killed when ``phase`` is done (never, for ``''``); ``call`` meets ``how``."""
        after = {"validate": "lock"}.get(phase, phase)
        opened = any((run / "request.json").exists() for run in self.kit.runs())
        options = ["--resume"] if opened else ["--demo", self.name]
        if how == "full-disk":
            how = f"full-disk {self.place / 'ballast'}"
        verb, number = (call.verb, call.number) if call else ("", 0)
        self.outside.plan(verb, number, how, after)
        command = [str(self.kit.top / "run.sh"), *options]
        if how.startswith("full-disk"):
            command = self._on_a_small_disk(command)
        environ = self.environ(**extra)
        with (self.place / "said").open("w+b") as sink:
            child = subprocess.Popen(
                command, env=environ, cwd=self.place, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=sink, start_new_session=True,
            )  # fmt: skip
            try:
                code = child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, 9)
                child.wait()
                code = 999
            self.settle()
            sink.seek(0)
            said = sink.read().decode("utf-8", "replace")
        (self.place / "ballast").unlink(missing_ok=True)
        if how.startswith("full-disk") and code == 128 - KILLED:
            code = KILLED  # the shell that brings the disk back outlives it, and tells it so
        return Session(code, said)

    def environ(self, **extra: str) -> dict[str, str]:
        """The environment of a session: our counting program goes before all others."""
        path = f"{self.outside.bin}{os.pathsep}{os.environ['PATH']}"
        return self.kit.environ({"PATH": path, "TMPDIR": str(self.place / "tmp"), **extra})

    def _on_a_small_disk(self, command: Sequence[str]) -> list[str]:
        # All that changes lies on a disk of its own for this session, and is brought back after it;
        # but not what GitHub's stand-in stores: GitHub has room.
        place, beside = shlex.quote(str(self.place)), shlex.quote(f"{self.place}-small")
        built = (self.place / ENVIRONMENTS).exists()
        names = " ".join((*CHANGING, "tmp", *(() if built else (ENVIRONMENTS,))))
        stored, apart = shlex.quote(str(self.stored)), shlex.quote(f"{self.place}-stored")
        script = (
            f"mkdir -p {beside} && mount -t tmpfs -o size={ROOM}m none {beside} && cd {place} && "
            f"mkdir -p {names} && cp -a --parents {names} {beside}/ && cd / && "
            f"for n in {names}; do mount --bind {beside}/$n {place}/$n; done; "
            f"rm -rf {apart}; [ ! -d {stored} ] || {{ cp -a {stored} {apart}; "
            f"mount --bind {apart} {stored}; }}; "
            f"ln -sfn {beside}/full {place}/ballast; cd {place}; "
            f'"$@"; code=$?; rm -f {beside}/full {place}/ballast; '
            f"for n in {names}; do umount -l {place}/$n && rm -rf {place}/$n && "
            f"cp -a {beside}/$n {place}/$n; done; "
            f"[ ! -d {apart} ] || {{ rm -rf {stored}; cp -a {apart} {stored}; }}; exit $code"
        )
        return ["unshare", "-rm", "sh", "-c", script, "small-disk", "setsid", "--wait", *command]

    def settle(self) -> None:
        """Wait until nothing of the session runs any more; the kernel ends children one by one."""
        until = time.monotonic() + 5
        while self.processes() and time.monotonic() < until:
            time.sleep(0.02)

    def processes(self) -> list[str]:
        """Processes of a session of this toolkit."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            with contextlib.suppress(psutil.Error, OSError):
                mark = process.environ().get("IMPROVE_RUN", "")
                words = " ".join(process.info["cmdline"] or ())
                if mark.startswith(f"{self.kit.top}/") or f"{self.kit.top}/tests" in words:
                    found.append(words[:200])
        return found

    def report(self) -> str:
        """The newest run's report, '' when there is none."""
        places = [run.with_name(f"{run.name}.md") for run in self.kit.runs()[-1:]]
        return "".join(place.read_text() for place in places if place.exists())

    def state(self) -> dict[str, Any]:
        """What the next session, or the user, finds: what differs without a reason is left out."""
        runs = [run for run in self.kit.runs() if (run / "request.json").exists()]
        found: dict[str, Any] = {"runs": len(runs), "processes": self.processes()}
        for name in ("tmp", "cache/workbenches"):
            found[name] = sorted(p.name for p in (self.place / name).glob("*"))
        for bare in (self.example / "repository" / ".git", self.example / "origin.git"):
            if bare.exists():
                form = "--format=%(refname) %(objectname)"
                found[str(bare.relative_to(self.example))] = git(
                    bare, "for-each-ref", form, "refs/heads"
                ).splitlines()
        stored = self.stored / "pull-requests.json"
        if stored.exists():
            pulls = json.loads(stored.read_text())["pulls"]
            found["pulls"] = [
                (p["title"], p["draft"], p["head"]["label"], p["state"]) for p in pulls
            ]
        for run in runs[-1:]:
            found |= _artifacts(run)
        return found


def _artifacts(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for phase in PHASES[1:]:
        place = run / f"{phase}.json"
        if place.exists():
            told = json.loads(place.read_text())
            found[phase] = told.get("outcome") or told.get("status") or len(told["failures"])
            if found[phase] in ("created", "unchanged", "updated"):  # by which session, is not told
                found[phase] = "published"
            found |= {"notes": told["notes"]} if phase == "publish" and told.get("notes") else {}
    for name in ("fix.patch", "pull-request.md", "logs/raw.log"):
        if (run / name).exists():
            found[name] = hashlib.sha256((run / name).read_bytes()).hexdigest()[:12]
    frozen = sorted((run / "frozen").rglob("*.py"))
    found["frozen"] = [hashlib.sha256(p.read_bytes()).hexdigest()[:12] for p in frozen]
    return found


def only_in(first: list[Call], second: list[Call]) -> list[Call]:
    """The calls in the middle of ``first`` that ``second``, which has the rest of them, lacks."""
    more = len(first) - len(second)
    start = 0
    while start < len(second) and first[start].words == second[start].words:
        start += 1
    return first[start : start + more]


def copy(source: Path, target: Path) -> None:
    """A folder with its links as they are, in the place of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
