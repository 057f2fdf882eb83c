"""Run one phase of one run: artifact in, limits, progress, journal, artifact out."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import click

from improve import __version__
from improve.cli.home import home
from improve.cli.streams import shown_beside
from improve.redaction import redact
from improve.visible import for_terminal

TOOLKIT = Path(__file__).resolve().parents[3]
LONGEST_REASON = 160  # characters on the screen; the report has all of it


def run_phase(name: str, run: Path, asked: Mapping[str, object] | None = None) -> None:
    """``asked`` are a verb's own options, ``minutes`` among them; such a phase is always done anew."""
    from improve import journal, rundir
    from improve.records import ARTIFACTS, ValidatedRequest
    from improve.workbench import git, sandbox

    kind = next(one for one in ARTIFACTS if one.schema_name == name)
    validated = rundir.need(run, ValidatedRequest)
    if name != "report" and not asked and rundir.load(run, kind) is not None:
        say(f"{name}: done before, kept")
        click.echo(rundir.artifact_path(run, kind))
        return
    _need_stand_in(name, run, validated)
    options = {**settings_by_name(validated.request), **(asked or {})}
    sandbox.decide(sandbox.from_options(options))
    git.allow(float(str(options["git-minutes"])))
    os.environ["IMPROVE_RUN"] = str(run)
    left = max(0.0, validated.request.limits.minutes * 60 - journal.session_seconds(run))
    left = float(str(asked["minutes"])) * 60 if asked else left
    began = time.monotonic()
    journal.append(run, "begun", phase=name)
    try:
        artifact = _work(name, run, options, left)
        path = rundir.save(run, artifact)
    except BaseException as error:
        journal.append(
            run, "failed", phase=name, error=str(error), seconds=time.monotonic() - began
        )
        raise
    journal.append(run, "done", phase=name, seconds=round(time.monotonic() - began, 3))
    say(_sentence(name, artifact))
    for line in _ladder_lines(artifact):
        print(f"    {for_terminal(line)}", file=sys.stderr, flush=True)  # noqa: T201
    click.echo(path)
    _exit_by(artifact, name)


def _work(name: str, run: Path, options: dict[str, object], left: float) -> Any:
    """The phase's artifact; ``left`` is what the request still allows, in seconds."""
    from improve.context import Budget, Context
    from improve.progress import Progress
    from improve.workbench import sandbox
    from improve.workbench.scratch import scratch_of

    caps = {"reproduce": "reproduce-minutes", "fix": "fix-minutes"}
    seconds = min(left, float(str(options[caps[name]])) * 60) if name in caps else max(left, 60.0)
    phase = cast(
        Callable[[Context], Any],
        importlib.import_module(f"improve.phases.{name.replace('-', '_')}").run,
    )
    with scratch_of(run):
        # In here: the sandbox's level is found by a probe, whose files a kill leaves behind.
        if name in ("reproduce", "fix", "stress") and (warned := sandbox.warning()):
            say(f"{name}: {warned}")
        with Progress(name, seconds) as progress:
            cache = Path(str(options["cache-dir"]))
            return phase(Context(run, TOOLKIT, cache, Budget.of(seconds), progress, options))


def _need_stand_in(name: str, run: Path, validated: Any) -> None:
    # Without it a demo would go out to the real service, with the user's own sign-in.
    from improve.errors import ImproveError

    if not validated.stands_in or name == "report":
        return
    if os.environ.get("IMPROVE_STAND_IN") != validated.demo:
        raise ImproveError(
            f"This run is the demo {validated.demo!r}: only run.sh starts its stand-in.",
            f"Go on with ./run.sh --resume {run.name}",
        )


def _sentence(name: str, artifact: Any) -> str:
    from improve.prompts import count

    outcome = getattr(artifact, "outcome", None) or getattr(artifact, "status", "")
    if name == "fetch-logs":
        found, logs = len(artifact.failures), len(artifact.logs)
        outcome = f"{count(found, 'failure')} found in {count(logs, 'log')}"
    reason = getattr(artifact, "reason", "") or getattr(artifact, "headline", "")
    return f"{name}: {str(outcome).replace('_', ' ')}" + (f" - {reason}" if reason else "")


def _ladder_lines(artifact: Any) -> list[str]:
    """An attempt a line, skipped rungs with their cure; none where the first one did it."""
    attempts = getattr(artifact, "attempts", ())
    if [one.outcome for one in attempts] == ["kept"]:
        return []
    lines = []
    for one in attempts:
        cost = f" ({one.usd:.4f} USD)" if one.usd else ""
        told = redact(" ".join(one.reason.split()))  # before it is cut
        told = told if len(told) <= LONGEST_REASON else f"{told[:LONGEST_REASON]} ..."
        ended = one.outcome.replace("_", " ")
        lines.append(f"attempt {one.number}, {one.agent}: {ended} - {told}{cost}")
    return lines


def _exit_by(artifact: Any, name: str) -> None:
    if name == "report" and getattr(artifact, "out_of_budget", False):
        sys.exit(5)


def settings_by_name(request: Any) -> dict[str, object]:
    from improve.settings import DECLARED, cache_folder, load_settings

    found = load_settings(TOOLKIT / "improve.yaml", os.environ, request=request)
    values = {one.name: getattr(found, one.attribute).value for one in DECLARED}
    values["cache-dir"] = str(cache_folder(found, os.environ, home()))
    return values


def ladder_of(options: dict[str, object]) -> tuple[str, ...]:
    return tuple(str(one) for one in cast(list[object], options["ladder"]))


def name_run(run: Path, validated: Any) -> None:
    """Its folder, for machines; on lines of their own, how people may be shown it when a secret stands
    in it, and the demo whose stand-in run.sh has to start.
    """
    click.echo(run)
    if shown := shown_beside(str(run)):
        click.echo(f"shown {shown}")
    if validated.stands_in:
        click.echo(f"stand-in {validated.demo}")


def begin_session(run: Path) -> None:
    from improve import journal

    journal.append(run, "session", process=os.getppid(), version=__version__)


def say(text: str) -> None:
    colour = "32" if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else ""
    mark = f"\x1b[{colour}m>>>\x1b[0m" if colour else ">>>"
    print(f"{mark} {for_terminal(text)}", file=sys.stderr, flush=True)  # noqa: T201 - stderr is for people
