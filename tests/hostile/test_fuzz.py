"""Mutated requests and mutated real logs: no traceback, no stall, and a refusal that names its key.

A sample with each push, all at night; then atheris, too, which looks for bytes that reach new lines.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.malformed_requests import GOOD, MALFORMED, RUN
from tests.support.mutations import damaged, mutated_request

from improve.contract import check_request, decode_json
from improve.errors import RequestError
from improve.evidence import compare, distil, redact, signature
from improve.records import Request

TOP = Path(__file__).parents[2]
LOGS = sorted((TOP / "tests" / "resources" / "logs").glob("*.log"))
RECORDED = [path.read_bytes() for path in LOGS]
REQUESTS = [GOOD, *(case.data for case in MALFORMED if len(case.data) < 5_000)]
SAMPLE = pytest.mark.parametrize("examples", [200, pytest.param(2000, marks=pytest.mark.nightly)])
SECONDS = 1.0  # of the processor, for one request or one log; the largest of the logs takes 0.1
FUZZED = 60  # seconds of atheris, each parser
LONGEST = 6000  # bytes of its inputs: short ones are many


def tried(
    examples: int,
    made: st.SearchStrategy[object],
    judge: Callable[..., None],
    phases: Sequence[Phase] = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
) -> None:
    """``judge`` meets ``examples`` of what is made, each within its time."""

    @settings(
        max_examples=examples, deadline=None, phases=phases, suppress_health_check=list(HealthCheck)
    )
    @given(made)
    def one(value: object) -> None:
        began = time.process_time()
        judge(value)
        spent = time.process_time() - began
        assert spent < SECONDS, f"it took {spent:.1f} s: {str(value)[:500]}"

    one()


@SAMPLE
def test_a_mutated_request_is_taken_or_refused_by_name(examples: int) -> None:
    def judge(made: tuple[dict[str, object], set[str]]) -> None:
        value, keys = made
        try:
            assert isinstance(check_request(value), Request)
        except RequestError as error:
            told = str(error)
            assert error.exit_code == 2 and "\n  -> " in told
            assert any(key in told for key in keys), f"none of {sorted(keys)} in:\n{told}"
            assert all(sign.isprintable() or sign == "\n" for sign in told)

    tried(examples, mutated_request(), judge)


@SAMPLE
def test_a_request_of_mutated_bytes_is_taken_or_refused_by_its_place(examples: int) -> None:
    def judge(data: bytes) -> None:
        try:
            assert isinstance(check_request(decode_json(data)), Request)
        except RequestError as error:
            assert error.exit_code == 2
            assert re.match(r"info\.json\b|[0-9]+ problems?", str(error)), str(error)

    tried(examples, damaged(REQUESTS), judge)


@SAMPLE
def test_a_mutated_log_is_read(examples: int) -> None:
    def judge(log: bytes) -> None:
        told = distil(log.split(b"\n"))
        json.loads(told.model_dump_json())
        for failure in told.failures:
            assert redact(failure.message) == failure.message and "\n" not in failure.message
            assert len(failure.excerpt.encode()) <= 4096
            assert failure.signature == signature(failure)
            assert compare(failure, failure).grade != "different" or not failure.error_type

    tried(examples, damaged(RECORDED), judge)


def test_the_judges_would_see_a_traceback_and_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what breaks or stalls on one of the examples is seen."""
    monkeypatch.setattr(sys.modules[__name__], "SECONDS", 0.05)

    def broken(value: tuple[dict[str, object], set[str]]) -> None:
        if "prompt" in value[1]:
            raise KeyError("prompt")

    def slow(value: bytes) -> None:
        end = time.process_time() + 0.15
        while time.process_time() < end:
            pass

    with pytest.raises(KeyError):
        tried(100, mutated_request(), broken, (Phase.generate,))
    with pytest.raises(AssertionError, match=r"it took 0\.\d s"):
        tried(1, damaged(RECORDED), slow, (Phase.generate,))


@pytest.fixture(scope="module")
def atheris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with atheris beside the packages of this one."""
    place = tmp_path_factory.mktemp("atheris")
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:", "atheris"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no atheris for Python {sys.version.split()[0]}: {done.stderr[-200:]}")
    return python


def fuzzed(
    python: Path, parser: str, place: Path, seconds: int, **extra: str
) -> tuple[int, str, int]:
    """Exit status, what was printed, and how many inputs were tried."""
    corpus = place / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(REQUESTS if parser == "request" else RECORDED):
        (corpus / str(number)).write_bytes(seed[:LONGEST])
        (corpus / f"{number}-end").write_bytes(seed[-LONGEST:])
    (corpus / "run").write_bytes(GOOD.replace(b'"raw-logs": "ci.log"', f'"url": "{RUN}"'.encode()))
    paths = [str(TOP / "tools"), str(TOP), sysconfig.get_path("purelib")]
    done = subprocess.run(
        [python, TOP / "tests" / "support" / "fuzz_target.py", parser, corpus,
         f"-max_total_time={seconds}", "-timeout=5", f"-max_len={LONGEST}", "-rss_limit_mb=1500",
         f"-artifact_prefix={place}/"],
        cwd=place, env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **extra},
        capture_output=True, text=True, errors="replace", timeout=seconds + 300, check=False,
    )  # fmt: skip
    tries = re.findall(r"^#(\d+)\s", done.stderr, re.MULTILINE)
    return (
        done.returncode,
        done.stdout[-2000:] + done.stderr[-4000:],
        int(tries[-1]) if tries else 0,
    )


@pytest.mark.nightly
@pytest.mark.parametrize("parser", ["request", "log"])
def test_a_minute_of_atheris_finds_nothing(atheris: Path, parser: str, tmp_path: Path) -> None:
    status, said, tries = fuzzed(atheris, parser, tmp_path, FUZZED)
    assert status == 0, said
    assert tries > 400, f"only {tries} inputs were tried: {said}"


@pytest.mark.nightly
def test_atheris_would_find_a_traceback(atheris: Path, tmp_path: Path) -> None:
    """The control: a reader that breaks on one of the inputs."""
    status, said, _ = fuzzed(atheris, "request", tmp_path, 20, FUZZ_BROKEN="yes")
    assert status != 0 and "Traceback" in said and "KeyError" in said, said
