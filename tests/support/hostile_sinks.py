"""Every place where a run puts text, filled from what came in through one door."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast, get_args, get_origin

from pydantic import BaseModel
from tests.support.hostile_doors import SHA, Came, request_of

from improve import journal, rundir
from improve.cli import endings
from improve.cli.phase import _sentence, say, settings_by_name
from improve.cli.streams import Redacting
from improve.context import Budget, Context
from improve.errors import ImproveError
from improve.forge import commit_text
from improve.forge.pull_request_file import pull_request
from improve.forge.pull_request_text import MOST, body_of
from improve.phases import fix as fix_phase
from improve.phases import publish
from improve.progress import Progress
from improve.proposing import Plan, Turn
from improve.records import (
    Attempt,
    Evidence,
    Fix,
    Proof,
    Publication,
    Reproduction,
    Request,
    RootCause,
    SuiteComparison,
    TargetEnvironment,
    ValidatedRequest,
    Verdict,
)
from improve.records.base import Artifact
from improve.report import actions
from improve.report.status import next_steps
from improve.report.write import write_report
from improve.reproduction.lay_down import Layout
from improve.reproduction.make import Made, reproduction_files
from improve.workbench.bench import Bench

TOP = Path(__file__).parents[2]
OPTIONS = settings_by_name(None)
MARKDOWN = ("report", "next steps", "summary", "pull request", "readme")


@dataclass(frozen=True)
class Left:
    """The artifacts of one run."""

    validated: ValidatedRequest
    evidence: Evidence
    reproduction: Reproduction
    fix: Fix
    publication: Publication

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        return (self.validated, self.evidence, self.reproduction, self.fix, self.publication)


def left(came: Came) -> Left:
    """The artifacts of a run that fixed and published, with what came in where it belongs."""
    told = f"{came.node} passes"
    suite = SuiteComparison(complete=True, newly_passing=(came.node,), flaky=(came.node,))
    steps = (Verdict(rule="suite", passed=True, reason=told),)
    proof = Proof(outcome="verified", before_runs=3, before_failures=3, after_runs=5, after_passes=5,
                  steps=steps, suite=suite)  # fmt: skip
    before = Attempt(number=1, agent="command", outcome="not_fixed", reason=f"{came.node} still fails",
                     explanation=came.explanation, check_output=came.output, files=(came.file,))  # fmt: skip
    kept = Attempt(number=2, agent="embedded", outcome="kept", reason="proven", explanation=came.explanation,
                   files=(came.file,), proof=proof, suspicious=(f"{came.file}:3 total",))  # fmt: skip
    return Left(
        ValidatedRequest(request=request_of(came), request_path=Path("/r/info.json"), name="shop", slug="shop",
                         repository=Path("/r/shop"), toolkit_prefix="", head=SHA, branch=came.branch,
                         agents=("embedded",)),
        Evidence(source="url", failures=(came.failure,), ci_run=came.ci_run,
                 notes=(f"{came.ci_run.jobs[0].name}: 1 lines were cut",)),
        Reproduction(outcome="reproduced", commit=SHA, kind="minimal", node_ids=(came.node,),
                     original_node_ids=(came.node,), expected=came.failure, observed=came.observed, runs=3,
                     failed_runs=3, branch="repro/shop", branch_commit=SHA, base=came.base, base_commit=SHA,
                     base_reason=f"the default branch {came.base} does not have it", notes=(told,),
                     environment=TargetEnvironment(python="p", python_version="3.11", key="", source="lock")),
        Fix(outcome="fixed", reason="proven", attempts=(before, kept), kept=2, base=came.base, base_commit=SHA,
            root_cause=RootCause(summary=came.explanation, locations=(f"{came.file}:3 total",))),
        Publication(outcome="created", reason="pushed", branch="fix/shop", base=came.base, commit=SHA,
                    title="fix(shop): x", pull_request="pull-request.md", patch="fix.patch", developers=came.people),
    )  # fmt: skip


def sinks(made: Left, outputs: Path, bench: Bench, tree: Path) -> dict[str, str]:
    """Everything that the run writes or prints, by name."""
    run = outputs / "2026-01-02_03-04-05_shop"
    run.mkdir(parents=True, exist_ok=True)
    (run / "request.json").write_text('{"prompt": "as given"}')
    for artifact in made.artifacts:
        rundir.save(run, artifact)
    (run / journal.NAME).unlink(missing_ok=True)
    note = made.evidence.notes[0]
    journal.append(run, "done", phase=note, seconds=1)
    journal.append(run, "failed", phase="deploy", error=f"{note} {made.fix.attempts[0].reason}")
    write_report(run, TOP)
    context = Context(run, TOP, Path(), Budget.of(9), lambda _text: None, OPTIONS)
    kept = made.fix.attempts[-1]
    title = commit_text.title(kept, made.reproduction)
    text = pull_request(
        TOP, title, "fix/shop", made.reproduction, made.fix, kept, made.publication.developers, made.evidence,
        verdict=("unverified", (f"suite: {note}",)),
    )  # fmt: skip
    files = [
        run / "journal.jsonl",
        *(rundir.artifact_path(run, type(one)) for one in made.artifacts),
    ]
    return {
        "prompt": _prompt(context, made, bench, tree),
        "report": run.with_name(f"{run.name}.md").read_text(),
        "next steps": _next_steps(run, made),
        "summary": actions.summary(run).decode(),
        "pull request": body_of(text) if len(text) < MOST else text.split("---\n", 2)[2],
        "front matter": text.split("---\n", 2)[1],
        "readme": _readme(made),
        "title": title,
        "commit": f"{title}\n\n{commit_text.body(kept, made.reproduction)}{publish.TRAILER}\n",
        "terminal": _terminal(made, note),
        "files": "".join(file.read_text() for file in files),
        "outputs": "".join(f"{k}={v}\n" for k, v in actions.step_outputs(run).items()),
    }


def _next_steps(run: Path, made: Left) -> str:
    """Those of a run that published, and those of one that found no fix."""
    unfixed = made.fix.model_copy(update={"outcome": "not_fixed", "best_patch": "p.diff"})
    fixed = next_steps(run, made.validated, made.reproduction, made.fix, made.publication, "")
    steps = [*fixed, *next_steps(run, made.validated, made.reproduction, unfixed, None, "")]
    return "".join(f"{number}. {step}\n" for number, step in enumerate(steps, 1))


def _prompt(context: Context, made: Left, bench: Bench, tree: Path) -> str:
    ladder = fix_phase._ladder(context, made.validated, made.reproduction, bench)
    plan = Plan(2, "claude", made.fix.attempts[:1], 0.5, "other_cause", made.fix.attempts[0].reason)
    text = ladder.render_prompt(Turn(plan, tree, 60))
    # How much was left out depends on how long the text is: it is not part of the form.
    return re.sub(r"\n\(About \d+ of \d+ tokens[\s\S]*\Z", "", text)


def _readme(made: Left) -> str:
    seen = made.reproduction.observed
    assert seen is not None
    node = made.reproduction.node_ids[0]
    test = Made("x", node.partition("::")[2], "minimal", 9, node, made.reproduction.notes)
    files = reproduction_files(TOP, Layout("", "shop"), test, seen, SHA, [])
    return next(text.decode() for name, text in files.items() if name.endswith("README.md"))


def _terminal(made: Left, note: str) -> str:
    """What a phase, its end and an error print, where workflow commands are on."""
    printed = io.StringIO()
    with contextlib.redirect_stderr(cast(TextIO, Redacting(printed))):
        with Progress("fix", 60) as progress:
            progress(f"fetching the log of failed job 1 of 1: {note}")
            progress.note(f"running {made.reproduction.node_ids[0]}")
        say(_sentence("fix", made.fix.model_copy(update={"reason": note})))
        error = ImproveError(f"{note}\n{made.reproduction.node_ids[0]}", note)
        endings._complain(error.what, error.cure)
    return printed.getvalue()


def every_field_of(text: str) -> Left:
    """A run folder in which every field that can hold any text holds this one."""
    kept = text.encode("utf-8", "replace").decode()
    made = left(Came())
    return Left(*(_filled(artifact, kept) for artifact in made.artifacts))


# Names, commits and paths for which a run folder from elsewhere is refused (phases/adopt.py), or that the
# record itself checks; and the patches, which are files of the run.
_CHECKED = {
    (ValidatedRequest, "name"), (ValidatedRequest, "slug"), (ValidatedRequest, "head"), (Request, "name"),
    (Request, "commit"), (Reproduction, "base_commit"), (Fix, "base_commit"), (Fix, "patch"),
    (Fix, "best_patch"), (Attempt, "patch"),
}  # fmt: skip


def _filled(record: Any, text: str) -> Any:
    changed: dict[str, object] = {}
    for name, field in type(record).model_fields.items():
        value, kind = getattr(record, name), field.annotation
        if (type(record), name) in _CHECKED or field.alias == "schema":
            continue
        if kind is str or (str in get_args(kind) and type(None) in get_args(kind)):
            changed[name] = text
        elif get_origin(kind) is tuple and get_args(kind)[0] is str:
            changed[name] = (text,)
        elif get_origin(kind) is dict and get_args(kind) == (str, str):
            changed[name] = {text: text}
        elif isinstance(value, tuple):
            changed[name] = tuple(_filled(one, text) for one in value)
        elif isinstance(value, BaseModel):
            changed[name] = _filled(value, text)
    return record.model_copy(update=changed)
