"""Evidence: what a log says, distilled, redacted and structured. Pure: no I/O in this room."""

from improve.evidence.clean import clean_line, clean_text
from improve.evidence.compare import Match, compare
from improve.evidence.distil import distil
from improve.evidence.known import leaked, secrets_of
from improve.evidence.lines import capped_lines
from improve.evidence.redact import redact
from improve.evidence.signature import signature

__all__ = [
    "Match",
    "capped_lines",
    "clean_line",
    "clean_text",
    "compare",
    "distil",
    "leaked",
    "redact",
    "secrets_of",
    "signature",
]
