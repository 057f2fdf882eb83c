"""Faults of the push itself: git over https at a server that refuses, and a repository that does."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.forge.drafts import BRANCH, Shop
from tests.forge.faults import PATCH, Ended, improve, proven_run
from tests.forge.test_github_https import shop as over_https
from tests.support.github_server import TOKEN, Fault
from tests.support.repositories import git

https_shop = over_https  # a fixture: origin is an Enterprise server
TITLE = "UNVERIFIED: fix(shop): ValueError in test_a"
Publish = Callable[[Path], Ended]
WRITE = "`Contents: write`"
BY_HAND = f"git push origin {BRANCH} && gh pr create --draft"


@pytest.fixture
def publish(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Publish:
    """The verb, on a run whose fix is proven; git gives a server that says nothing one second."""
    monkeypatch.setenv("IMPROVE_CACHE_DIR", str(tmp_path / "cache"))
    slow = {"http.lowSpeedLimit": "1000", "http.lowSpeedTime": "1"}
    monkeypatch.setattr("improve.forge.github_push.SLOW", slow)
    return lambda run: improve(monkeypatch, capsys, "publish", run)


def refused(ended: Ended, run: Path, code: int, what: str, cure: str) -> None:
    """The error says so, nothing is lost, and no pull request was opened for what is not there."""
    said, _, then = ended.said.partition("!!! ")[2].partition("\n")
    assert ended.code == code, ended.said
    assert (what in said, cure in then, BY_HAND in then) == (True, True, True), ended.said
    assert TOKEN not in ended.said
    assert (run / "fix.patch").read_text() == PATCH
    assert "ValueError" in (run / "pull-request.md").read_text()
    assert run.with_name(f"{run.name}.md").is_file(), "no report from before the push"


def goes_on(shop: Shop, run: Path, publish: Publish) -> None:
    again = publish(run)
    assert again.code == 0, f"it does not go on once the cause is gone: {again.said}"
    assert [one["title"] for one in shop.github.pulls] == [TITLE]
    assert git(shop.bare, "rev-parse", BRANCH) == git(shop.top, "rev-parse", BRANCH)


SERVERS = (  # the last: whether it goes with each push
    (Fault("/info/refs", 401), 4, "Authentication failed", WRITE, False),
    (Fault("/info/refs", 403, "SSO"), 4, "returned error: 403", WRITE, True),
    (Fault("/info/refs", 404), 1, "not found", "git remote set-url", False),
    (Fault("/info/refs", 503), 1, "returned error: 503", "githubstatus", False),
    (Fault("/info/refs", 429), 1, "returned error: 429", "In some minutes", True),
    (Fault("/info/refs", kind="slow", seconds=60), 1, "cannot be read", "Check the network", False),
    (Fault("/git-receive-pack", 403), 4, "error: 403", WRITE, False),
    (Fault("/git-receive-pack", 500), 1, "error: 500", "githubstatus", True),
    (Fault("/git-receive-pack", kind="cut"), 1, "could not be pushed", "", True),
)


@pytest.mark.parametrize(
    ("fault", "code", "what", "cure"),
    [
        pytest.param(
            *row[:4],
            marks=[] if row[4] else [pytest.mark.nightly],
            id=f"{row[0].path[1:]}-{row[0].kind}-{row[0].status}",
        )
        for row in SERVERS
    ],
)
def test_a_server_that_refuses(
    https_shop: Shop, publish: Publish, fault: Fault, code: int, what: str, cure: str
) -> None:
    run = proven_run(https_shop)
    https_shop.github.faults = [fault]
    refused(publish(run), run, code, what, cure)
    assert len(https_shop.github.asked(fault.path)) <= 5
    https_shop.github.faults = []
    goes_on(https_shop, run, publish)


HOOKS = {
    "denied": ("remote: Permission to acme/shop.git denied to me", 4, "Permission to acme/shop.git denied", WRITE),
    "protected": ("error: GH006: Protected branch update failed", 1, "GH006: Protected branch", "push by hand"),
    "rejected": ("no pushes on Fridays", 1, "no pushes on Fridays", "push by hand"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "code", "what", "cure"), HOOKS.values(), ids=HOOKS)
def test_a_repository_that_refuses(
    shop: Shop, publish: Publish, said: str, code: int, what: str, cure: str
) -> None:
    run = proven_run(shop)
    hook = shop.bare / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho {shlex.quote(said)} >&2\nexit 1\n")
    hook.chmod(0o755)
    refused(publish(run), run, code, what, cure)
    assert shop.github.pulls == []
    hook.unlink()
    goes_on(shop, run, publish)


def test_a_branch_that_moves_under_the_push_is_not_overwritten(
    shop: Shop, publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = shop.commit("theirs", trailer="Signed-off-by: them")
    git(shop.top, "push", "-q", str(shop.bare), f"{theirs}:refs/heads/later")
    real, before = shutil.which("git"), tmp_path / "before"
    move = f"{real} --git-dir={shop.bare} update-ref refs/heads/{BRANCH} {theirs}"
    before.mkdir()
    (before / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" push "*) {move};; esac\nexec {real} "$@"\n'
    )
    (before / "git").chmod(0o755)
    run = proven_run(shop)
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(before), prepend=os.pathsep)
        refused(publish(run), run, 1, "stale info", "push by hand")
    assert git(shop.bare, "rev-parse", BRANCH) == theirs and shop.github.pulls == []
    git(shop.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
    goes_on(shop, run, publish)
