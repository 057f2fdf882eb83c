"""Moves data between workers through queues, in chunks."""

from datamovement.chunks import Chunk, join, split
from datamovement.gather import gather
from datamovement.scatter import scatter
from datamovement.workers import map_chunks

__all__ = ["Chunk", "gather", "join", "map_chunks", "scatter", "split"]
