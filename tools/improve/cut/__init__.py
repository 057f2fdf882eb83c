"""Cut a minimal, self-contained test out of a failing one. Pure: source in, source out."""

from improve.cut.contrary import contrary
from improve.cut.cutting import cut_candidates, cut_test
from improve.cut.model import Cut
from improve.cut.shrink import shrink
from improve.cut.source import count_lines
from improve.cut.wrap import wrap

__all__ = ["Cut", "contrary", "count_lines", "cut_candidates", "cut_test", "shrink", "wrap"]
