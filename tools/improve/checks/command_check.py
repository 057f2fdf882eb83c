"""A command as a check: a build, a linter, another language's test.

It is the user's own line of shell, taken from their request, and the only text that a shell of
ours ever interprets. Its exit status is its verdict, so it is believed only when the command
ended by itself.
"""

from __future__ import annotations

from pathlib import Path

from improve.evidence import distil, ending, signature
from improve.records import CheckRun, Failure, TargetEnvironment
from improve.workbench import process
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

LOG_CHARACTERS = 6000


def run_command(
    tree: Path, environment: TargetEnvironment, command: str, seconds: float
) -> CheckRun:
    """Run ``command`` with bash in ``tree``; at most ``seconds``."""
    with temporary("improve-check-") as scratch:
        world = test_environ(tree, environment, scratch)
        done = process.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=tree, env=world, timeout=max(1.0, seconds), merge=True, keep=1 << 20,
            fence=needs.for_tests(tree, Path(environment.python), (scratch,)),
        )  # fmt: skip
    log = ending(done.text, LOG_CHARACTERS)
    if done.overran:
        log += f"\nended by the sandbox: {done.overran}"
    return CheckRun(
        command=("bash", "-c", command),
        returncode=done.returncode,
        complete=not done.timed_out and not done.overran,
        seconds=round(done.seconds, 3),
        outcomes={command: "passed" if done.ok else "failed"},
        collected=(command,),
        failures=() if done.ok else (_failure(command, done, log),),
        log=log,
        timed_out=done.timed_out,
        sandbox=done.level,
    )


def _failure(command: str, done: process.Finished, log: str) -> Failure:
    found = distil(line + b"\n" for line in done.stdout.split(b"\n")).failures
    if found:
        # What the output says went wrong is a better identity than the status.
        return found[0].model_copy(update={"node_id": command})
    lines = [line for line in log.splitlines() if line.strip()]
    made = Failure(
        framework="command",
        kind="timeout" if done.timed_out else "other",
        node_id=command,
        error_type="Timeout" if done.timed_out else f"Status{done.returncode}",
        message=lines[-1][:300] if lines else "",
        excerpt=log[-4000:],
    )
    return made.model_copy(update={"signature": signature(made)})
