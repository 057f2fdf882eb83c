"""Cut a minimal, self-contained test out of a failing one. Pure: source in, source out."""

from improve.cut.contrary import contrary
from improve.cut.contrary_command import contrary_command
from improve.cut.cutting import cut_candidates, cut_test
from improve.cut.join import Joined, join
from improve.cut.model import CannotCut, Cut
from improve.cut.one_set import is_one_test
from improve.cut.shrink import shrink
from improve.cut.source import count_lines
from improve.cut.wrap import wrap

__all__ = [
    "CannotCut",
    "Cut",
    "Joined",
    "contrary",
    "contrary_command",
    "count_lines",
    "cut_candidates",
    "cut_test",
    "is_one_test",
    "join",
    "shrink",
    "wrap",
]
