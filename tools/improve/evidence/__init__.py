"""Evidence: what a log says, distilled, redacted and structured. Pure: no I/O in this room."""

from improve.evidence.clean import clean_line, clean_text
from improve.evidence.compare import Match, compare
from improve.evidence.distil import distil
from improve.evidence.lines import capped_lines
from improve.evidence.logged_order import LoggedOrder, logged_order
from improve.evidence.shown import beginning, ending
from improve.evidence.signature import signature
from improve.redaction import leaked, redact, secrets_of

__all__ = [
    "LoggedOrder",
    "Match",
    "beginning",
    "capped_lines",
    "clean_line",
    "clean_text",
    "compare",
    "distil",
    "ending",
    "leaked",
    "logged_order",
    "redact",
    "secrets_of",
    "signature",
]
