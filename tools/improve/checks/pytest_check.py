"""pytest as a check: some node ids or a whole suite, once, in a process of its own.

The verdict comes from the recorder's file and never from the exit status alone: `os._exit(0)` in
the product ends pytest with status 0 and no closing record, and such a run proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from improve.evidence import beginning, clean_text, ending, redact, signature
from improve.records import CheckRun, Failure, Frame, TargetEnvironment
from improve.records.runs import Outcome
from improve.workbench import beneath, process
from improve.workbench.environ import test_environ
from improve.workbench.folders import temporary
from improve.workbench.sandbox import needs

INSIDE = Path(__file__).parent / "inside"
LOG_CHARACTERS = 6000
RUNNERS = ("/_pytest/", "/pluggy/")  # their frames stand above every test and say nothing of it
# --maxfail=0: a project's own `-x` would end the suite at the first failure.
QUIET = (
    "-q", "-p", "no:cacheprovider", "--color=no", "--maxfail=0", "-p", "improve_recorder",
)  # fmt: skip


def run_pytest(
    tree: Path,
    environment: TargetEnvironment,
    targets: Sequence[str],
    *,
    timeout: float,
    options: Sequence[str] = (),
    roots: Sequence[str] = (),
) -> CheckRun:
    """Run pytest in ``tree`` on node ids or files (none: what the project's own settings say).

    ``timeout`` in seconds; ``roots`` are the names of the target's own top-level packages, which
    must be imported from ``tree`` and nowhere else.
    """
    with temporary("improve-check-") as scratch:
        record = scratch / "record.jsonl"
        world = test_environ(tree, environment, scratch, (INSIDE,))
        world["IMPROVE_RECORD"] = str(record)
        world["IMPROVE_ROOTS"] = json.dumps([str(tree), *roots])
        argv = [environment.python, "-m", "pytest", *QUIET, *options]
        if targets:
            argv += ["--", *_safe(targets)]
        fence = needs.for_tests(tree, Path(environment.python), (scratch,), (INSIDE,))
        for last in (False, True):
            done = process.run(
                argv, cwd=tree, env=world, timeout=max(1.0, timeout), merge=True, keep=1 << 20,
                fence=fence,
            )  # fmt: skip
            # The recorder opens its file first of all. Without it pytest was never there, and that
            # says something of the target only when it happens again.
            if last or record.exists() or done.timed_out:
                break
        lines = beneath.lines(scratch, record.name)
    return judge(done, lines, tree)


def _safe(targets: Sequence[str]) -> list[str]:
    # pytest reads options from `@file` arguments and modules from `-p`; an id is never either.
    return [f"./{t}" if t.startswith(("-", "@")) else t for t in targets]


def judge(done: process.Finished, lines: Sequence[str], tree: Path) -> CheckRun:
    """The run as its record file tells it."""
    records = [r for r in (parsed(line) for line in lines) if r]
    outcomes: dict[str, Outcome] = {}
    failures: list[Failure] = []
    started: str | None = None
    for entry in records:
        kind = entry["kind"]
        if kind == "start":
            started = str(entry["id"])
        elif kind == "report":
            _count(entry, outcomes)
            if entry["outcome"] == "failed":
                failures.append(failure_of(entry, tree))
            if entry.get("when") == "teardown":
                started = None
        elif kind == "collect_error":
            outcomes[str(entry["id"])] = "error"
            failures.append(failure_of({**entry, "when": "collection"}, tree))
    closing = next((r for r in records if r["kind"] == "finished"), None)
    complete = closing is not None and closing.get("status") is not None
    if started and not complete:
        failures.append(_broken_off(started, done))
        outcomes.setdefault(started, "error")
    modules: dict[str, Any] = next((r for r in records if r["kind"] == "modules"), {})
    return CheckRun(
        command=done.argv,
        returncode=done.returncode,
        complete=complete,
        seconds=round(done.seconds, 3),
        outcomes=outcomes,
        collected=tuple(str(i) for r in records if r["kind"] == "collected" for i in r["ids"]),
        failures=tuple(failures),
        foreign_modules=tuple(modules.get("foreign", ())),
        log=ending(done.text, LOG_CHARACTERS) + _overran(done),
        timed_out=done.timed_out,
        sandbox=done.level,
    )


def _overran(done: process.Finished) -> str:
    return f"\nended by the sandbox: {done.overran}" if done.overran else ""


def parsed(line: str) -> dict[str, Any] | None:
    """One line of a record; None for what is none."""
    try:
        value = json.loads(line)
        if "\\ud" in line or "\\u0000" in line:
            # Halves of pairs come from names that are no UTF-8. No artifact holds them, and no
            # program takes a NUL as argument; a test may call its own file or itself so.
            whole = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
            value = json.loads(whole.replace(b"\\u0000", b"?"))
    except ValueError:  # the line that a killed process was writing
        return None
    return value if isinstance(value, dict) and "kind" in value else None


def _count(entry: Mapping[str, Any], outcomes: dict[str, Outcome]) -> None:
    node, when, said = str(entry["id"]), entry["when"], entry["outcome"]
    if said == "failed":
        outcomes[node] = "failed" if when == "call" else "error"
    elif entry.get("xfail") and when == "call":
        outcomes[node] = "xfailed" if said == "skipped" else "xpassed"
    elif said == "skipped":
        outcomes[node] = "xfailed" if entry.get("xfail") else "skipped"
    elif when == "call":
        outcomes[node] = "passed"


def failure_of(entry: Mapping[str, Any], tree: Path) -> Failure:
    """The failure that a recorded report tells of."""
    message = str(entry.get("message") or "")
    kind = str(entry.get("type") or "") or message.split(":")[0].strip() or None
    text = str(entry.get("plain_message") or "") or message
    frames = tuple(
        Frame(file=_inside(str(f), tree), line=max(0, int(n)), function=str(name))
        for f, n, name in entry.get("frames", ())
        if not any(part in str(f) for part in RUNNERS)
    )
    made = Failure(
        framework="pytest",
        kind={"call": "call", "setup": "setup", "teardown": "teardown"}.get(
            str(entry["when"]), "collection"
        ),
        node_id=str(entry["id"]),
        file=_inside(str(entry["file"]), tree) if entry.get("file") else None,
        line=max(0, int(entry.get("line") or 0)),
        error_type=clean_text(kind[:300]) if kind and len(kind.split()) == 1 else None,
        message=beginning(text.strip().split("\n")[0], 500),
        excerpt=redact(clean_text(str(entry.get("excerpt", ""))))[:4096],
        frames=frames,
    )
    return made.model_copy(update={"signature": signature(made)})


def _broken_off(node: str, done: process.Finished) -> Failure:
    how = (
        "ended at its time limit"
        if done.timed_out
        else f"ended the process (status {done.returncode})"
    )
    made = Failure(
        kind="timeout" if done.timed_out else "crash",
        node_id=node,
        error_type="Timeout" if done.timed_out else "Crash",
        message=f"the test {how}",
        excerpt=ending(done.text, 3000),
    )
    return made.model_copy(update={"signature": signature(made)})


def _inside(path: str, tree: Path) -> str:
    top = str(tree.resolve()) + "/"
    for prefix in (top, str(tree) + "/"):
        if path.startswith(prefix):
            return path[len(prefix) :]
    return path


def repeat(
    once: Callable[[], CheckRun], times: int, stop: Callable[[CheckRun], bool]
) -> list[CheckRun]:
    """Up to ``times`` runs, ended early by the first for which ``stop`` holds."""
    runs: list[CheckRun] = []
    for _ in range(times):
        runs.append(once())
        if stop(runs[-1]):
            break
    return runs
