"""Many runs of CI, as far as they tell about tests: what is read, and what is judged."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pydantic import Field

from improve.records.base import Record

PLAIN_TEXT = 300  # characters of one name


class Part(Record):
    """One file of test results (or one log) of one job of one attempt. Texts are clean."""

    key: str = Field(description="What it is known by: a path, or an address at the forge.")
    mark: str = Field("", description="Changes when what the key stands for was written anew.")
    kind: Literal["junit", "log", "green", "other"] = "junit"
    run: str
    attempt: int = 1
    job: str = Field(description="The job's name: what runs of the same kind have in common.")
    sha: str = Field(description="Commit; where none is known, what stands for it.")
    branch: str = ""
    started: str = Field("", description="ISO 8601, UTC; '' where it is not known.")
    minutes: float | None = Field(None, description="Of the whole job.")
    runner: str = ""
    os: str = ""
    labels: tuple[str, ...] = ()
    matrix: dict[str, str] = Field(default_factory=dict)
    python: str = ""
    url: str = ""


class Row(NamedTuple):
    """One test in one part: it passed or failed. ``before``: the test just before, same worker."""

    part: int
    failed: bool
    worker: str
    position: int  # -1: not known
    before: int  # -1: none, or not known
    seconds: float | None
    signature: int  # -1: none


class Said(NamedTuple):
    """What failures of one signature say: the signature, and error and excerpt of one of them."""

    text: str
    error: str
    excerpt: str


@dataclass
class TestRows:
    """A test that failed at least once, with all its rows, oldest first."""

    __test__ = False  # pytest collects classes by this name

    id: int
    name: str
    node_id: str
    rows: list[Row]


@dataclass
class History:
    """``parts`` by index, oldest first; ``orders[part, worker]``: ids of tests as they ran."""

    parts: list[Part]
    ids: list[int]  # of a part: its number in the database
    sizes: list[tuple[int, int]]  # of a part: failed, all that ran
    seconds: list[float]  # of a part: all its tests together
    tests: list[TestRows]
    names: dict[int, str] = field(default_factory=dict)
    signatures: dict[int, Said] = field(default_factory=dict)
    orders: dict[tuple[int, str], array[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    all_tests: int = 0
    all_results: int = 0
    inferred: int = 0
