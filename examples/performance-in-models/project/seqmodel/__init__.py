"""A small selective state-space model for sequences."""

from seqmodel.generate import generate
from seqmodel.model import SequenceModel

__all__ = ["SequenceModel", "generate"]
