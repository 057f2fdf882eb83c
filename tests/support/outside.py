"""Every program that the product starts, counted; at a call that is named, it is harmed or killed.

``workbench/process.py`` puts util-linux's ``setpriv`` before each program, so that it dies with us,
and ``run.sh`` puts it before each phase. A ``setpriv`` of ours, first on PATH, therefore sees all of
them: git, gh, bubblewrap with the target's Python in it, pip. It counts them and passes them on.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HARM = Path(__file__).with_name("harm.py")
KILLS = ("kill-before", "kill-after")
FAULTS = ("error", "network", "403", "nothing", "garbage", "full-disk", "hang")
# An exclusive open is the counter: it needs no program, and two calls at once get two numbers.
# What run.sh starts is a verb of ours ($9), and begins a new count.
SCRIPT = """\
#!/bin/sh
case "$*" in
"--pdeathsig KILL -- true") exec {real} "$@" ;;
*improve.cli*) printf '%s\\n' "$9" >{now}; mkdir -p {calls}/"$9" ;;
esac
read -r verb <{now}
set -C
n=1
until {{ printf '%s\\n' "$@" >{calls}/"$verb"/$n; }} 2>/dev/null; do
  n=$((n + 1))
  [ $n -lt 5000 ] || exit 99
done
if [ -e {plan}/"$verb-$n" ]; then
  read -r how <{plan}/"$verb-$n"
  exec {python} -I -S {harm} "$how" {real} "$@"
fi
case "$*" in *improve.cli*)
  if [ -e {plan}/stop ]; then read -r how <{plan}/stop; exec {python} -I -S {harm} "$how" {real} "$@"; fi ;;
esac
exec {real} "$@"
"""


@dataclass(frozen=True)
class Call:
    """One call: in which verb, its number there (1 is the verb itself), in short what was called."""

    verb: str
    number: int
    words: str

    def __str__(self) -> str:
        return f"{self.verb} {self.number} ({self.words})"


@dataclass(frozen=True)
class Outside:
    """The counting ``setpriv`` at ``place``; ``bin`` goes before the rest of PATH."""

    place: Path

    @property
    def bin(self) -> Path:
        return self.place / "bin"

    def set_up(self) -> Outside:
        """Itself, with the program made; needs util-linux."""
        self.bin.mkdir(parents=True)
        python = Path(sys.base_prefix) / "bin" / "python{}.{}".format(*sys.version_info[:2])
        named = {
            "real": shutil.which("setpriv"), "now": self.place / "now", "harm": HARM,
            "calls": self.place / "calls", "plan": self.place / "plan",
            "python": python if python.exists() else sys.executable,
        }  # fmt: skip
        quoted = {name: shlex.quote(str(value)) for name, value in named.items()}
        program = self.bin / "setpriv"
        program.write_text(SCRIPT.format(**quoted))
        program.chmod(0o755)
        self.plan()
        return self

    def plan(self, verb: str = "", number: int = 0, how: str = "", stop_after: str = "") -> None:
        """Begin to count anew; that call meets ``how``, and after a verb all is killed."""
        for name in ("calls", "plan"):
            shutil.rmtree(self.place / name, ignore_errors=True)
            (self.place / name).mkdir()
        if number:
            (self.place / "plan" / f"{verb}-{number}").write_text(f"{how}\n")
        if stop_after:
            (self.place / "plan" / "stop").write_text(f"stop {stop_after}\n")

    def began(self, verb: str) -> None:
        """Note that ``verb`` was started, where run.sh did not start it: its first call."""
        (self.place / "now").write_text(f"{verb}\n")
        (self.place / "calls" / verb).mkdir()
        words = ("--pdeathsig", "KILL", "--", "python", "-I", "-c", "improve.cli", "tools", verb)
        (self.place / "calls" / verb / "1").write_text("\n".join(words) + "\n")

    def met(self, call: Call) -> bool:
        """Whether that call was reached since ``plan``."""
        return (self.place / "calls" / call.verb / str(call.number)).exists()

    def calls(self, verb: str) -> list[Call]:
        """The calls of a verb since ``plan``, in their order."""
        folder = self.place / "calls" / verb
        numbers = sorted(int(path.name) for path in folder.glob("*"))
        return [Call(verb, n, in_short((folder / str(n)).read_text())) for n in numbers]


def in_short(told: str) -> str:
    """'git push', 'gh POST repos/acme/layers/pulls', 'bwrap pytest', 'improve fix'."""
    words = told.splitlines()[3:]  # behind --pdeathsig KILL --
    if "improve.cli" in words[3:4].__repr__():
        return f"improve {words[5]}"
    name = Path(words[0]).name
    if name == "git":
        return f"git {_of_git(words[1:])}"
    if name == "gh":
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        return f"gh {method} {words[-1].partition('?')[0]}" if "-i" in words else f"gh {words[-1]}"
    return f"{name} {_inside(words)}"


def _of_git(words: list[str]) -> str:
    rest = iter(words)
    for word in rest:
        if word == "-c":
            next(rest, None)
        elif not word.startswith(("--git-dir", "--work-tree")):
            following = next(rest, "")
            shown = [word] + [following] * bool(re.match(r"^--?[a-z]", following))
            return " ".join(shown)
    return ""


def _inside(words: list[str]) -> str:
    said = " ".join(words)
    for sign, short in (
        ("improve_warm", "warm"), ("-m pytest", "pytest"), ("-m venv", "venv"), ("-m pip", "pip"),
        ("probe /", "probe"), ("find_spec", "modules"), ("importlib", "imports"), ("import json", "versions"),
    ):  # fmt: skip
        if sign in said:
            return short
    return words[-1][:40]
