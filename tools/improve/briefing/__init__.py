"""What a model is told: distilled, most useful first, within a budget of tokens."""

from improve.briefing.fit import Fitted, Part, fit, tokens
from improve.briefing.material import Material, parts_for_fix, parts_for_reproduction
from improve.briefing.prompt import answer_schema, brief

__all__ = [
    "Fitted",
    "Material",
    "Part",
    "answer_schema",
    "brief",
    "fit",
    "parts_for_fix",
    "parts_for_reproduction",
    "tokens",
]
