"""Secrets of forty kinds, disguised in eight ways, in every field of a run: none is in what it writes,
prints or sends. Each sink is broken once, to see it go red."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.hostile_doors import Came, logged
from tests.support.hostile_sinks import Left, every_field_of, left, sinks
from tests.support.repositories import repository
from tests.support.secrets import SECRETS, TRANSFORMS, WORLD, variable

from improve import journal, redaction, rundir
from improve.agents import obtain, transcript
from improve.agents.protocol import Outcome
from improve.phases import pack
from improve.redaction import remember, shape
from improve.redaction.known import Known
from improve.workbench.bench import Bench, workbench
from improve.workbench.finished import Finished
from improve.workbench.process import COMMANDS, _remember

EVERY = Known({name: secret.encode() for name, secret in WORLD.items()})
# Of the words of a title only letters, digits and the signs of names are kept, and of 'outputs' the
# names that were checked when the run was opened.
SHOWING = {
    "prompt", "report", "summary", "pull request", "front matter", "readme", "title", "commit", "terminal",
}  # fmt: skip
Sinks = Callable[[Left], dict[str, str]]
DISGUISED = [(kind, way) for kind in SECRETS for way in TRANSFORMS]
# A few at once with each push, each alone at night: a run folder takes a tenth of a second to write.
SOME = [tuple(SECRETS)[number::6] for number in range(6)]
ALONE = [pytest.param((kind,), marks=pytest.mark.nightly) for kind in SECRETS]
KINDS = pytest.mark.parametrize("kinds", [*SOME, *ALONE], ids=lambda kinds: kinds[0])


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Path]]:
    place = repository(tmp_path_factory.mktemp("shop") / "shop", {"shop.py": "line\n"})
    with workbench(place / ".git", tmp_path_factory.mktemp("bench") / "b", ("n", "e@x")) as made:
        yield made, place


@pytest.fixture
def written(tmp_path: Path, bench: tuple[Bench, Path]) -> Sinks:
    def texts(made: Left) -> dict[str, str]:
        # The steps are part of the report; the files have tests of their own below.
        found = sinks(made, tmp_path / "outputs", *bench)
        return {name: text for name, text in found.items() if name not in ("next steps", "files")}

    return texts


@pytest.fixture
def known() -> Iterator[None]:
    """The environment of this process holds a secret of each kind."""
    remember(WORLD)
    yield
    remember({})


def told(texts: dict[str, str], secrets: Known = EVERY) -> dict[str, set[str]]:
    """By sink, the secrets of which a piece stands there."""
    found = {
        name: {kind for _, _, kind in secrets.spans(text.encode("utf-8", "replace"))}
        for name, text in texts.items()
    }
    return {name: kinds for name, kinds in found.items() if kinds}


def listed(kinds: tuple[str, ...]) -> str:
    return " and ".join(SECRETS[kind] for kind in kinds)


def whole(texts: dict[str, str], kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    """The sinks that show a secret, or what is left of it without its first ten signs; and which."""
    return [
        (name, kind) for name, text in texts.items() for kind in kinds if SECRETS[kind][10:] in text
    ]


@pytest.mark.parametrize("way", TRANSFORMS)
def test_no_sink_tells_a_known_secret(way: str, written: Sinks, known: None) -> None:
    for secret in list(SECRETS.values())[::8]:
        text = f"see {TRANSFORMS[way](secret)} there"
        assert told(written(every_field_of(text))) == {}, (way, secret)


@pytest.mark.nightly
def test_no_sink_tells_any_known_secret_in_any_disguise(written: Sinks, known: None) -> None:
    for kind, way in DISGUISED:
        text = f"see {TRANSFORMS[way](SECRETS[kind])} there"
        assert told(written(every_field_of(text))) == {}, (kind, way)


@KINDS
def test_no_sink_tells_what_looks_like_a_secret(kinds: tuple[str, ...], written: Sinks) -> None:
    """Nobody knows these; what an artifact holds of them, ``pack`` takes out."""
    assert whole(written(every_field_of(f"see {listed(kinds)} there")), kinds) == []


@KINDS
def test_what_a_log_tells_is_in_no_sink_at_all(kinds: tuple[str, ...], written: Sinks) -> None:
    came = Came(failure=logged(f"refused {listed(kinds)}"))
    assert whole(written(left(came)), kinds) == []


def test_every_sink_would_tell_it(written: Sinks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: nothing is known, no shape is looked for, and each of them goes red."""
    monkeypatch.setattr(shape, "RULES", ())
    red = told(
        written(every_field_of("q7Zt55x0Lm8wP93vbN2sK8eR4")),
        Known({"A": b"q7Zt55x0Lm8wP93vbN2sK8eR4"}),
    )
    assert red.keys() >= SHOWING, SHOWING - red.keys()


BROKEN = {
    "report": ("improve.report.write", {"report", "summary"}),
    "prompt": ("improve.briefing.prompt", {"prompt"}),
    "pull request": ("improve.forge.pull_request_file", {"pull request", "front matter"}),
    "commit": ("improve.forge.commit_text", {"commit", "title"}),
    "reproduction": ("improve.reproduction.make", {"readme"}),
    "terminal": ("improve.cli.streams", {"terminal"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_sink_that_does_not_look_is_seen(
    name: str, written: Sinks, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, sinks_of = BROKEN[name]
    for place in (module, "improve.markdown"):  # its filters look, too
        monkeypatch.setattr(f"{place}.redact", lambda text: text)
    assert told(written(every_field_of(SECRETS["npm"]))).keys() >= sinks_of


def fill(run: Path, text: str) -> None:
    """Every file of a run folder, with the text in it; those that phases write by their own functions."""
    made = every_field_of(text)
    for artifact in made.artifacts:
        rundir.save(run, artifact)
    (run / "request.json").write_text(json.dumps({"prompt": text, "raw-logs": f"{text}\nx"}))
    (run / "logs").mkdir(exist_ok=True)
    (run / "logs" / "raw.log").write_text(f"2026-01-02T03:04:05.1234567Z {text}\n" * 3)
    (run / "notes.md").write_text(f"`{text}`\n")
    run.with_name(f"{run.name}.md").write_text(f"# {text}\n")
    journal.append(run, "failed", phase="fix", error=text)
    _remember(Finished(("git", "clone", text), 0, b"", b"", 0.1, "", ""))
    attempt = run / "attempts" / "1"
    said = Outcome(True, explanation=text, answer={"how": {"it": [text]}})
    obtain._on_disk(attempt, said, f"+++ b/a.py\n+x = '{text}'\n".encode())
    with transcript.transcript(attempt) as say:
        say("model", {"text": [text]})


def texts_below(place: Path) -> dict[str, str]:
    return {
        one.relative_to(place).as_posix(): one.read_text("utf-8", "replace")
        for one in place.rglob("*")
        if one.is_file()
    }


GIVEN = {
    "validate.json",
    "request.json",
    "logs/raw.log",
    "notes.md",
}  # kept for their owner, as they came


BOTH_ENDS = ("as it is", "every sign for an address")


@pytest.mark.parametrize(
    "way",
    [
        way if way in BOTH_ENDS else pytest.param(way, marks=pytest.mark.nightly)
        for way in TRANSFORMS
    ],
)
def test_the_run_folder_and_its_copy_tell_no_known_secret(
    way: str, tmp_path: Path, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "outputs" / "2026-01-02_03-04-05_shop"
    (run / "logs").mkdir(parents=True)
    monkeypatch.setenv("IMPROVE_RUN", str(run))
    fill(run, " ".join(TRANSFORMS[way](secret) for secret in list(SECRETS.values())[::3]))
    assert (run / COMMANDS).is_file() and told(texts_below(run)).keys() <= GIVEN
    for name in ("request.json", "validate.json"):
        assert name == "request.json" or (run / name).stat().st_mode & 0o077 == 0
    packed = pack.run(run, tmp_path / "packed")
    assert told(texts_below(packed.parent)) == {}
    assert {"logs/raw.log.txt", "request.json", "journal.jsonl"} <= texts_below(packed).keys()
    assert json.loads((packed / "request.json").read_text()).keys() == {"prompt", "raw-logs"}


@KINDS
def test_the_copy_tells_nothing_that_looks_like_a_secret(
    kinds: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "outputs" / "2026-01-02_03-04-05_shop"
    (run / "logs").mkdir(parents=True)
    monkeypatch.setenv("IMPROVE_RUN", str(run))
    fill(run, f"see {listed(kinds)} there")
    texts = texts_below(run)
    assert not whole({n: t for n, t in texts.items() if "/1/" in n or ".jsonl" in n}, kinds)
    assert whole(texts_below(pack.run(run, tmp_path / "packed").parent), kinds) == []


def test_a_copy_without_a_look_tells_it(
    tmp_path: Path, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the two tests above, for each of the ways by which a file is copied."""
    run = tmp_path / "2026-01-02_03-04-05_shop"
    (run / "frozen").mkdir(parents=True)
    fill(run, SECRETS["npm"])
    (run / "frozen" / "test_a.py").write_text(f"x = '{SECRETS['npm']}'\n")
    assert told(texts_below(pack.run(run, tmp_path / "whole"))) == {}
    for name in ("redact", "redact_known"):
        monkeypatch.setattr(pack, name, lambda text: text)
    monkeypatch.setattr(pack, "redact_values", lambda value: value)
    monkeypatch.setattr("improve.evidence.shown.redact", lambda text: text)
    red = told(texts_below(pack.run(run, tmp_path / "packed")))
    assert red.keys() >= {"logs/raw.log.txt", "request.json", "notes.md", "frozen/test_a.py"}, red


@pytest.mark.parametrize("name", ["journal", "transcript", "proposal", "patch", "commands"])
def test_a_file_that_is_written_without_a_look_is_seen(
    name: str, tmp_path: Path, known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "2026-01-02_03-04-05_shop"
    (run / "logs").mkdir(parents=True)
    monkeypatch.setenv("IMPROVE_RUN", str(run))
    place, file = {
        "journal": ("improve.journal.redact_values", "journal.jsonl"),
        "transcript": ("improve.agents.transcript.redact", "attempts/1/transcript.jsonl"),
        "proposal": ("improve.agents.obtain.redact_values", "attempts/1/proposal.json"),
        "patch": ("improve.agents.obtain.why_not_kept", "attempts/1/patch.diff"),
        "commands": ("improve.workbench.process.redact_values", COMMANDS),
    }[name]
    monkeypatch.setattr(place, (lambda _patch: "") if name == "patch" else (lambda value: value))
    fill(run, SECRETS["npm"])
    assert file in told(texts_below(run))


def test_what_is_told_names_the_variable(known: None) -> None:
    text = TRANSFORMS["hex"](SECRETS["npm"])
    assert redaction.redact(f"a {text} b") == f"a [redacted: {variable('npm')}] b"
