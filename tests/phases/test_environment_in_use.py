"""The phases that run the target's tests hold its environment, so that nobody removes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.repositories import git, repository
from tests.support.toolkit import HERE

from improve import rundir
from improve.context import Budget, Context
from improve.errors import ImproveError
from improve.phases import fix
from improve.records import Failure, Reproduction, Request, TargetEnvironment, ValidatedRequest
from improve.reproduction import workshop
from improve.settings import DECLARED, resolve_settings
from improve.workbench import store
from improve.workbench.pruning import prune

KEY = "0a" * 10
REQUEST = {"deterministic": True, "prompt": "it fails", "existing-test-path": "tests/test_a.py"}


@pytest.fixture
def made(tmp_path: Path) -> TargetEnvironment:
    """A complete environment in the cache, which nobody took out for ninety days."""
    place = tmp_path / "cache" / "environments" / KEY
    python = place / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    found = TargetEnvironment(python=str(python), python_version="3.11.7", key=KEY, source="built")
    store.save(place, found)
    return found


@pytest.fixture
def context(tmp_path: Path, made: TargetEnvironment) -> Context:
    """A run whose failure was reproduced in that environment."""
    target = repository(tmp_path / "target", {"a.py": "x = 1\n"})
    run, head = tmp_path / "runs" / "2026-01-02_03-04-05_it-fails", git(target, "rev-parse", "HEAD")
    rundir.save(
        run,
        ValidatedRequest(
            request=Request.model_validate(REQUEST), request_path=tmp_path / "info.json",
            name="it-fails", slug="it-fails", repository=target, toolkit_prefix="", head=head,
            branch="main", agents=("embedded",),
        ),
    )  # fmt: skip
    seen = Reproduction(
        outcome="reproduced", commit=head, base_commit=head, environment=made, observed=Failure()
    )
    rundir.save(run, seen)
    settings = resolve_settings("", {})
    options = {one.name: getattr(settings, one.attribute).value for one in DECLARED}
    return Context(run, HERE, tmp_path / "cache", Budget.of(60), lambda _: None, options)


def removed(context: Context) -> int:
    """How many environments go when another run has just built one, months later."""
    place = context.cache / "environments"
    os.utime(place / KEY / store.MARKER, (time.time() - 90 * 86400,) * 2)
    return prune(place, place / "another")


def in_reproduce(context: Context, made: TargetEnvironment, look: Callable[[], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workshop, "prepare", lambda *_given, **_named: made)
        with workshop.workshop(context):
            look()


def in_fix(context: Context, _made: TargetEnvironment, look: Callable[[], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fix, "climb", lambda *_given: (look(), ([], "attempts"))[1])
        fix.run(context)


@pytest.mark.parametrize("phase", [in_reproduce, in_fix])
def test_a_phase_holds_its_environment(
    phase: Callable[..., None], context: Context, made: TargetEnvironment
) -> None:
    gone: list[int] = []
    phase(context, made, lambda: gone.append(removed(context)))
    assert gone == [0], "the environment went away while the phase worked in it"
    assert removed(context) == 1, "the control: the phase has ended"


def test_a_fix_whose_environment_is_gone_says_what_to_do(context: Context) -> None:
    assert removed(context) == 1
    with pytest.raises(ImproveError, match="--from reproduce"):
        fix.run(context)
