"""What a project declares about its own environment, read from texts alone.

Everything here is pure: texts of files in, requirement lines out. Nothing of the target is run,
and nothing is downloaded.
"""

from improve.workbench.declared.files import Texts, is_declaring
from improve.workbench.declared.plan import Plan, plan
from improve.workbench.declared.project import Project, read_project

__all__ = ["Plan", "Project", "Texts", "is_declaring", "plan", "read_project"]
