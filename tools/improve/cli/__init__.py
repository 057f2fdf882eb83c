"""The command line. click lives in this room and nowhere else."""

from improve.cli.endings import main
from improve.cli.verbs import PHASES, cli

__all__ = ["PHASES", "cli", "main"]
