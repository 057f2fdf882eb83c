"""Tables of the shop."""

from _vendor.tables import rows
from schema_pb2 import FIELDS


def count(text):
    """How many rows a table without a heading has."""
    return len(rows(text))


def heading():
    """The names of the columns."""
    return ", ".join(FIELDS)
