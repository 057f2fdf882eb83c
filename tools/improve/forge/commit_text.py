"""The words of the commit that is published: title and body, safe to push anywhere. Pure.

A commit's message is no Markdown: GitHub looks for references, mentions and closing keywords in
every letter of it, and CI systems for words that switch them off.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from improve.records import Attempt, Reproduction
from improve.records.verdict import ProofOutcome
from improve.redaction import redact
from improve.visible import visible

SAID = 600  # characters of what the agent says of its change
TEST = 300  # characters of a test's name
TITLE = 72
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_GH_REFERENCE = re.compile(r"(gh)-(?=[0-9])", re.IGNORECASE)
# `[skip ci]`, `[ci skip]`, `[no ci]`, `[skip actions]`, `[actions skip]`, and what other systems
# read: https://docs.github.com/actions/managing-workflow-runs/skipping-workflow-runs
_BRACKETED = re.compile(
    r"\[(?=[^\[\]]{0,80}\b(?:ci|skip|actions)\b)([^\[\]]{0,160})\]", re.IGNORECASE
)


def title(kept: Attempt, reproduction: Reproduction) -> str:
    """A conventional commit title of at most 72 characters, made of identifiers only."""
    observed = reproduction.observed
    kind = redact(observed.error_type or "failure").split(".")[-1] if observed else "failure"
    test = redact(reproduction.original_node_ids[0]) if reproduction.original_node_ids else ""
    where = test.partition("[")[0].rsplit("::", 1)[-1].rsplit("/", 1)[-1]
    place = Path(redact(kept.files[0])).stem if kept.files else "code"
    words = f"fix({_word(place)}): {_word(kind)}" + (f" in {_word(where)}" if where else "")
    if reproduction.speed:
        words = f"perf({_word(place)}): as fast as before" + (f", {_word(where)}" if where else "")
    return inert(words)[:TITLE]


def titled(title: str, outcome: ProofOutcome) -> str:
    """The title of the pull request: that of its commit, and whether the proof is whole."""
    return title if outcome == "verified" else f"{outcome.upper()}: {title}"


def body(kept: Attempt, reproduction: Reproduction) -> str:
    """What was changed and how it is known to work; each paragraph ends in an empty line.

    No times in it: the same work has to give the same commit.
    """
    said = inert(kept.explanation)[:SAID]
    paragraphs = [textwrap.fill(said, 72)] if said.split() else []
    if reproduction.original_node_ids and not reproduction.speed:
        paragraphs.append(f"Failing test: {inert(reproduction.original_node_ids[0])[:TEST]}")
    if reproduction.speed:
        good = reproduction.speed.good[:12]
        paragraphs.append(f"Measured by turns beside {good}: as fast as that again, within noise.")
    elif kept.proof:
        proof = kept.proof
        paragraphs.append(
            f"It failed in {proof.before_failures} of {proof.before_runs} runs before and passes in "
            f"{proof.after_passes} of\n{proof.after_runs} with this change."
        )
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs)


def inert(text: str) -> str:
    """One line without a secret, in which nothing closes, mentions, links, or keeps CI from running."""
    # "#1" and the address of an issue close it when a commit says "fixes" before them.
    out = redact(visible(text))
    for sign in ("#", "@", "***"):  # Azure reads ***NO_CI***
        out = out.replace(sign, "")
    out = _WWW.sub(r"\1 ", _BRACKETED.sub(r"(\1)", out.replace("://", " ")))
    return " ".join(_GH_REFERENCE.sub(r"\1 ", out).split())


def _word(text: str) -> str:
    # Before words are joined: inside a longer word a secret is no longer known as one.
    signs = visible(redact(text))
    return "".join(sign for sign in signs if sign.isalnum() or sign in "_.-") or "code"
