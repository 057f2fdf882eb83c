"""The request: what the user wants, as written in ``info.json`` (README, "Use it on your project")."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from improve.records.base import Artifact, Record

# Of runs that are repeated; tests keep it equal to the reproduction's own list.
SETTINGS = (
    "thread-noise", "timer-jitter", "switch-interval+busy-processors", "directory-order", "clock",
    "zone", "clock+zone", "gc-threshold", "socket-pieces", "workers", "busy-processors",
    "fast-clock", "locale", "hash-seed", "file-limit", "memory-limit",
)  # fmt: skip
RUNGS = ("embedded", "claude", "openai", "command", "manual", "scripted")


class Limits(Record):
    """Hard limits of one run."""

    minutes: float = Field(23, gt=0, le=24 * 60, description="Wall minutes for the whole run.")
    usd: float = Field(
        5.0, ge=0, description="Most that paid agents may cost in all, in US dollars."
    )
    tokens: int = Field(
        10_000_000,
        ge=0,
        description="Most tokens that paid agents may use in all, cached ones included.",
    )
    attempts: int = Field(4, ge=1, le=50, description="Most attempts at a fix, over all rungs.")
    confidence: float = Field(
        0.999, gt=0.5, lt=1, description="Confidence asked of the proof of an intermittent fix."
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        # Runs of the first releases hold null where nothing was limited; now the default limits.
        if not isinstance(value, dict):
            return value
        return {key: one for key, one in value.items() if one is not None}


class Request(Record):
    """``info.json``. Names with hyphens in the file are the aliases given here."""

    json_schema: str | None = Field(None, alias="$schema")
    deterministic: bool = Field(description="true: it fails every time; false: now and then.")
    prompt: str = Field(
        min_length=1, description="What is wrong, and what you would like, in your words."
    )
    url: str | None = Field(None, description="URL of the failed GitHub Actions run or job.")
    raw_logs: str | None = Field(
        None, alias="raw-logs", description="The log's text, or the path of a file that holds it."
    )
    existing_test_path: str | None = Field(
        None,
        alias="existing-test-path",
        description="A test that fails already, as path or pytest node id.",
    )
    name: str | None = Field(
        None,
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
        description="Folder and branch name of this failure.",
    )
    repository: str | None = Field(
        None,
        description="Path of a clone of the target; default: the repository that holds info.json.",
    )
    commit: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$",
        description="Commit that fails; default: the one that the logs are of.",
    )
    base: str | None = Field(
        None, description="Branch that the fix is for; default: found by itself."
    )
    setup: tuple[str, ...] = Field(
        (), description="Commands that prepare the target's environment."
    )
    check: str | None = Field(
        None, description="A command that fails now and must pass after the fix."
    )
    slower_than: str | None = Field(
        None,
        alias="slower-than",
        description="Commit or tag that was faster: the test (or `check`) is timed at both.",
    )
    try_first: str | None = Field(
        None,
        alias="try-first",
        description="Of a failure that comes and goes: the setting under which it is run first.",
    )
    network: bool = Field(False, description="true: the target's tests may use the network.")
    agents: tuple[str, ...] = Field((), description="The ladder: which agents, in which order.")
    limits: Limits = Limits()


class ValidatedRequest(Artifact):
    """``validate.json``: the request with everything that had to be found out about it."""

    schema_name = "validate"

    request: Request
    request_path: Path
    name: str
    slug: str
    repository: Path = Field(description="Absolute path of the target repository's top folder.")
    toolkit_prefix: str = Field(
        description="Where the toolkit lies inside the repository ('' when it lies elsewhere), "
        "as a path with '/' relative to the repository's top."
    )
    head: str = Field(description="Commit that the target had checked out.")
    branch: str | None = Field(description="Branch that the target had checked out.")
    agents: tuple[str, ...]
    uncommitted: int = Field(0, ge=0, description="Uncommitted paths in the target; left alone.")
    notes: tuple[str, ...] = ()
    demo: str = Field("", description="The bundled example that this run is about; '' for yours.")
    stands_in: str = Field(
        "", description="In that demo: what is real, and what is played on this machine."
    )
