"""The report, from what the other phases left."""

from __future__ import annotations

from improve.context import Context
from improve.records import ReportFacts
from improve.report.write import write_report


def run(context: Context) -> ReportFacts:
    """Write the report; where it lies, and its status."""
    context.progress("writing the report")
    return write_report(context.run, context.toolkit)
