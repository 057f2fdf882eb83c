"""The matrix of a job, out of its name and the workflow file."""

from __future__ import annotations

import time

import pytest

from improve.evidence.matrix import matrix_of

WORKFLOW = """
on: push
jobs:
  test:
    strategy:
      matrix:
        os: [ubuntu-latest, windows-latest]
        python-version: ["3.10", 3.11, 3.10]
        exclude: [{os: windows-latest, python-version: "3.10"}]
        include: [{os: macos-14, python-version: "3.13", slow: true}, {os: ubuntu-latest, slow: false}]
  named:
    name: Tests ${{ matrix.os }}, py${{matrix.py}}
    strategy: {matrix: {os: [u, ux], py: ["3.1", "3.11"]}}
  titled:
    name: All tests
    strategy: {matrix: {db: [sqlite, "postgres 16"]}}
  made:
    strategy: {matrix: {shard: "${{ fromJSON(needs.plan.outputs.shards) }}"}}
  plain:
    runs-on: ubuntu-latest
"""


@pytest.mark.parametrize(
    ("job", "matrix"),
    [
        ("test (ubuntu-latest, 3.11)", {"os": "ubuntu-latest", "python-version": "3.11"}),
        (
            "test (ubuntu-latest, 3.1)",
            {"os": "ubuntu-latest", "python-version": "3.1"},
        ),  # not quoted
        (
            "test (macos-14, 3.13, true)",
            {"os": "macos-14", "python-version": "3.13", "slow": "true"},
        ),
        ("call / test (windows-latest, 3.11)", {"os": "windows-latest", "python-version": "3.11"}),
        ("Tests ux, py3.11", {"os": "ux", "py": "3.11"}),
        ("All tests (postgres 16)", {"db": "postgres 16"}),
        ("made (7)", {"shard": "7"}),
        ("test (plan9, 3.11)", {"1": "plan9", "2": "3.11"}),  # of another version of the file
        ("elsewhere (a, b)", {"1": "a", "2": "b"}),
        ("plain", {}),
        ("test", {}),
        ("", {}),
    ],
)
def test_keys_come_from_the_file_that_fits(job: str, matrix: dict[str, str]) -> None:
    assert matrix_of(job, WORKFLOW) == matrix


def test_without_a_file_the_places_stand_for_the_keys() -> None:
    assert matrix_of("test (ubuntu-latest, 3.11)", None) == {"1": "ubuntu-latest", "2": "3.11"}
    assert matrix_of("Tests ux, py3.11", None) == {}


DEEP = "jobs: {a: {strategy: {matrix: {k: " + "[" * 5000 + "]" * 5000 + "}}}}"
LAUGHS = "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10 if n else ['ha'])}]\n" for n in range(12)
)


@pytest.mark.parametrize(
    "text",
    [
        "", "jobs", "jobs: 3", "jobs: {a: 3}", "jobs: {a: {strategy: {matrix: 3}}}", "{", "\x00", DEEP,
        "jobs: {a: {strategy: {matrix: {include: 3, k: {}}}}}", "x" * 500_000,
        LAUGHS + "jobs: {test: {name: *a11, strategy: {matrix: {os: *a11, include: *a11}}}}",
    ],
)  # fmt: skip
def test_any_file_will_do(text: str) -> None:
    began = time.process_time()
    assert matrix_of("test (a, b)", text) == {"1": "a", "2": "b"}
    assert time.process_time() - began < 4  # PyYAML needs one for the deepest


def test_a_name_that_fits_a_template_in_a_million_ways_is_given_up() -> None:
    name = "".join("${{ matrix.k }}" for _ in range(20))
    text = f"jobs: {{a: {{name: '{name}!', strategy: {{matrix: {{k: [a, aa, aaa]}}}}}}}}"
    began = time.process_time()
    assert matrix_of("a" * 60, text) == {}
    assert time.process_time() - began < 1
