"""One machine's share of a measurement: a test, many times, before a fix and after it.

The number of runs is decided before the first counted one (``checks.shards`` says why): it is given,
or a pilot that is not counted tells how many fit into the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from improve import __version__
from improve.checks.check import Check
from improve.checks.frozen import freeze, lay
from improve.checks.shards import AFTER, BEFORE
from improve.errors import ImproveError, RequestError
from improve.records import Failure, FrozenFile, Stressed
from improve.records.stress import Series
from improve.reproduction.base import named_branch
from improve.reproduction.by_stress import texts_near
from improve.reproduction.by_test import existing_content
from improve.reproduction.candidates import candidates
from improve.reproduction.share import Asked, Seen, Share, most, plainly
from improve.reproduction.work import Work
from improve.workbench.bench import Tree


def measure_share(work: Work, node: str, asked: Asked) -> Stressed:
    """The runs of the test ``node`` (a path or a node id) that ``asked`` wants of this machine.

    Raises: RequestError for a branch, commit or test that is not there; ImproveError when the test
    cannot be run, or is no longer run with the fix.
    """
    fix = _commit(work, asked.fix, "--fix") if asked.fix else ""
    path = node.partition("::")[0]
    tree = work.bench.tree("before", work.commit)
    frozen = freeze(work.context.run, {path: _content(work, tree, path, asked)})
    _ready(work, tree, frozen)
    expected = next((f for f in work.evidence.failures if (f.node_id or "").startswith(path)), None)
    settings = _settings(work, tree, node, expected, asked)
    check = work.check((node,))
    plain = plainly(work, check, tree)
    if not plain.ran:
        raise ImproveError(
            f"{node} does not run at {work.commit[:12]}: {plain.said}",
            "See whether plain pytest runs it there; `setup` in info.json prepares the target.",
        )
    share = Share(work, check, asked, plain.seconds)
    if fix:
        seconds = work.left() / 2
        seen = [share.series(tree, settings[0], seconds, BEFORE)]
    else:
        seen = share.looked(tree, settings)
    often = most(seen)
    observed = often and (expected or often)
    made = Stressed(
        toolkit=__version__, shard=asked.shard, shards=asked.shards, node_ids=(node,),
        test_sha256=frozen[0].sha256, commit=work.commit, fix_commit=fix,
        environment=work.environment, settings=settings,
        asked=work.validated.request.limits.confidence, before=_before(node, seen, observed),
        observed=observed, notes=tuple(_left_out(settings, seen)),
    )  # fmt: skip
    return _with_fix(share, made, frozen, plain.ran) if fix else made


def _with_fix(
    share: Share, made: Stressed, frozen: Sequence[FrozenFile], ran: frozenset[str]
) -> Stressed:
    work = share.work
    tree, before = work.bench.tree("after", made.fix_commit), made.before[0]
    setting = before.rate.amplifier
    _ready(work, tree, frozen)
    still = plainly(work, share.check, tree)
    if ran - still.ran:
        raise ImproveError(
            f"With the fix {min(ran - still.ran)} is not run any more: {still.said}",
            "A test that is skipped or not collected shows nothing; correct the fix.",
        )
    replayed, failed = share.replayed(tree, before.rate)
    after = share.series(tree, setting, work.left(), AFTER, like=before.rate)
    if not after.complete:
        raise ImproveError(
            f"With the fix it could not be run under {setting}: {after.run.log.strip()[-300:]}",
            "See whether plain pytest runs it there.",
        )
    counted = {"after": after.counted(None), "replayed": replayed, "replay_failures": failed}
    return made.model_copy(update=counted)


def _before(node: str, seen: Sequence[Seen], observed: Failure | None) -> tuple[Series, ...]:
    had = tuple(one.counted(observed) for one in seen if one.complete)
    if not had:
        raise ImproveError(
            f"{node} could not be run many times: {seen[-1].run.log.strip()[-300:]}",
            "`--setting plain` perturbs nothing; without --setting all that suit are tried.",
        )
    return had


def _left_out(settings: Sequence[str], seen: Sequence[Seen]) -> list[str]:
    late = settings[len(seen) :]
    told = [f"The time was too short for {', '.join(late)}."] if late else []
    return told + [
        f"{name} was left out: {one.run.log.strip().splitlines()[0][:200] if one.run.log else ''}"
        for name, one in zip(settings, seen, strict=False)
        if not one.complete
    ]


def _settings(
    work: Work, tree: Tree, node: str, expected: Failure | None, asked: Asked
) -> tuple[str, ...]:
    """Those that are asked for; else all that suit. A fix is measured under one."""
    found = asked.settings
    if not found:
        found = ("plain", *candidates(expected, texts_near(work, tree, node, expected)))
    if asked.fix and len(found) > 1:
        raise RequestError(
            f"--fix: a fix is measured under one setting; asked for are {', '.join(found)}.",
            "Measure without --fix first: it says under which setting the test fails. Then name "
            "that one with --setting.",
        )
    return found


def _ready(work: Work, tree: Tree, frozen: Sequence[FrozenFile]) -> None:
    Check(work.environment).prepare(tree.path)
    lay(work.context.run, frozen, tree.path)


def _content(work: Work, tree: Tree, path: str, asked: Asked) -> bytes:
    if not asked.test_from:
        return existing_content(work, tree, path)
    source = work.bench.tree("test", _commit(work, asked.test_from, "--test-from"))
    place: Path = source.path / path
    if not place.is_file() or not place.resolve().is_relative_to(source.path.resolve()):
        raise RequestError(
            f"--test-from: there is no file {path!r} at {asked.test_from}.",
            "Give the path of the test there, relative to the repository's top.",
        )
    return place.read_bytes()


def _commit(work: Work, name: str, option: str) -> str:
    branch = named_branch(work.user, name)
    commit = branch.commit if branch else work.user.commit_of(name)
    if not commit:
        raise RequestError(
            f"{option}: there is no branch or commit {name[:120]!a} in {work.validated.repository}.",
            "Fetch it first (git fetch origin), or correct the name.",
        )
    return commit
